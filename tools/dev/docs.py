"""./dev docs: checks the operations' pages and lists them; it renders nothing yet."""

import sys

import common


def main():
    parser = common.Parser(
        prog="dev docs", usage="./dev docs",
        description="Checks each operation's page: its headings, and that every region it pulls "
        "in is marked in its file. Renders nothing yet.")
    parser.parse_args()
    pages = sorted(common.ROOT.glob("ops/*/*.md"))
    findings = 0
    for page in pages:
        problems = common.modules.page_findings(common.ROOT, page.relative_to(common.ROOT))
        findings += len(problems)
        print(f"{'ok ' if not problems else 'BAD'} {page.relative_to(common.ROOT)}")
        for problem in problems:
            print(f"    {problem}")
    print(f"docs: {len(pages)} pages, {findings} findings; nothing is rendered yet")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
