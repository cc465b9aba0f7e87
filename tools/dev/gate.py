def main(names, regex, record):
    return 0
