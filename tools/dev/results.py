"""Counts single test cases from Bazel's build events and the XML report of each test program."""

import dataclasses
import json
import pathlib
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

NOT_TESTED = {"TIMEOUT": "timed out", "INCOMPLETE": "was interrupted", "REMOTE_FAILURE":
              "could not be run", "FAILED_TO_BUILD": "failed to build", "NO_STATUS": "did not run"}


@dataclasses.dataclass
class Results:
    """The cases of one run: how many passed, and (target, case, reason) of the others."""

    passed: int = 0
    failed: list = dataclasses.field(default_factory=list)
    skipped: list = dataclasses.field(default_factory=list)

    def last_line(self):
        line = f"{self.passed} passed, {len(self.failed)} failed"
        return line + (f", {len(self.skipped)} skipped" if self.skipped else "")

    def report(self):
        """Each skip and each failure on a line of its own, then the counts."""
        lines = [f"skipped {place}" for place in map(_place, self.skipped)]
        lines += [f"FAILED {place}" for place in map(_place, self.failed)]
        return "\n".join([*lines, self.last_line()])


def _place(entry):
    target, case, reason = entry
    return f"{target}{' ' + case if case else ''}{': ' + reason if reason else ''}"


def _first_line(text):
    return text.strip().partition("\n")[0]


def _reason(element):
    """The first line of a message that says something; GoogleTest puts file:line before it."""
    lines = [line.strip() for line in (element.get("message") or element.text or "").splitlines()]
    lines = [line for line in lines
             if line and line != "Failed" and not re.fullmatch(r"[^\s:]+:\d+", line)]
    return lines[0] if lines else "no reason given"


def add_report(results, target, status, path):
    """Adds the cases of one test program, whose XML report lies at `path`."""
    failed_before = len(results.failed)
    cases = 0
    try:
        tree = ElementTree.parse(path)
    except (OSError, ElementTree.ParseError, TypeError):
        results.failed.append((target, "", f"has no readable report ({status})"))
        return
    for case in tree.iter("testcase"):
        cases += 1
        group, name = case.get("classname") or "", case.get("name") or ""
        # Where a program writes no report, Bazel's own names the program once more.
        name = "" if "//" + name.rpartition("/")[0] + ":" + name.rpartition("/")[2] == target \
            else ".".join(filter(None, [group, name]))
        problem = case.find("failure")
        problem = case.find("error") if problem is None else problem
        skip = case.find("skipped")
        if problem is not None:
            reason = NOT_TESTED.get(status) if not name else None
            results.failed.append((target, name, reason or _reason(problem)))
        elif skip is not None:
            results.skipped.append((target, name, _reason(skip)))
        elif case.get("status") == "notrun":
            results.skipped.append((target, name, "disabled in its source"))
        else:
            results.passed += 1
    if status not in ("PASSED", "FLAKY") and len(results.failed) == failed_before:
        reason = NOT_TESTED.get(status, "ended with an error though no case failed")
        results.failed.append((target, "", reason))
    elif cases == 0:
        results.failed.append((target, "", "has no test case"))


def from_events(lines):
    """The results of one `bazel test --build_event_json_file`; `lines` are that file's."""
    results = Results()
    reports = {}
    not_built = {}
    exit_code = None
    for line in lines:
        event = json.loads(line)
        kind, place = next(iter(event["id"].items()))
        aborted = event.get("aborted")
        if kind == "testResult":
            # Of several attempts the last stands.
            key = (place["label"], place.get("run"), place.get("shard"))
            reports[key] = event["testResult"]
        elif kind == "targetCompleted" and not event.get("completed", {}).get("success"):
            not_built.setdefault(place["label"], "failed to build")
        elif kind == "configuredLabel" and aborted:
            not_built[place["label"]] = _first_line(aborted.get("description", "failed to build"))
        elif kind in ("pattern", "unconfiguredLabel") and aborted:
            label = place.get("label") or " ".join(place.get("pattern", []))
            not_built[label] = _first_line(aborted.get("description", "could not be loaded"))
        elif kind == "buildFinished":
            exit_code = event.get("finished", {}).get("exitCode", {}).get("code", 0)
    for (target, _, _), result in sorted(reports.items()):
        files = {file["name"]: file.get("uri") for file in result.get("testActionOutput", [])}
        uri = files.get("test.xml")
        path = pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(uri).path)) if uri else None
        add_report(results, target, result.get("status", "NO_STATUS"), path)
    results.failed += [(target, "", reason) for target, reason in sorted(not_built.items())]
    # 3: a test failed, which is counted above; 4: nothing to test, which the caller reports.
    if not results.failed and exit_code not in (0, 4):
        results.failed.append(("the build", "", f"Bazel ended with exit code {exit_code}"))
    return results
