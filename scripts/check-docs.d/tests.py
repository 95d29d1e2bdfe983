# SPDX-License-Identifier: Apache-2.0
"""A test that a page names is one of ctest's, or a scenario of tests/system."""
import functools
import re

from tree import ROOT, code_of, pages, tracked


@functools.cache
def known_tests():
    """What a page may call a test: its name, or the beginning of the names of several."""
    known = set()
    for name in tracked()[0]:
        text = code_of(name)
        if match := re.fullmatch(r"tests/(\w+)/\w+_test\.cpp", name):
            folder = match[1]
            cases = re.findall(r"^TEST(?:_F)?\((\w+), (\w+)\)", text, re.MULTILINE)
            for instance, suite in re.findall(r"^INSTANTIATE_TEST_SUITE_P\(\s*(\w+), (\w+)", text, re.MULTILINE):
                cases += [(f"{instance}/{suite}", case) for of, case in re.findall(r"^TEST_P\((\w+), (\w+)\)", text, re.MULTILINE)
                          if of == suite]
            for suite, case in cases:
                known |= {folder, f"{folder}.{suite}", f"{folder}.{suite}.{case}"}
        elif re.fullmatch(r"tests/\w+/CMakeLists\.txt", name):
            tests = re.findall(r"^ *add_labelled_test\(([\w.-]+) ", text, re.MULTILINE)
            tests += [f"{kind}.{word}" for line, kind in
                      re.findall(r"^foreach\(subject IN ITEMS ([^)]*)\)\n *add_labelled_test\((\w+)\.\$\{subject\}", text, re.MULTILINE)
                      for word in line.split()]
            tests += [".".join(words) for words in re.findall(r"^ *add_(faults|cli)_test\((\w+) ", text, re.MULTILINE)]
            tests += [f"fuzz.{word}" for word in re.findall(r"^ *add_fuzzer\((\w+)", text, re.MULTILINE)]
            tests += [f"snippets.{word}" for line in re.findall(r"^foreach\(context IN ITEMS ([^)]*)\)", text, re.MULTILINE)
                      for word in line.split()]
            known |= {*tests, *(test.split(".")[0] for test in tests)}
    return known


@functools.cache
def known_scenarios():
    """By the names of tests/system/scenario.py."""
    return {word.replace("_", "-") for name in tracked()[0] if name.startswith("tests/system/programs/")
            for word in re.findall(r"^@scenario\((?:.|\n)*?^def (\w+)\(", code_of(name), re.MULTILINE)}


def check_tests():
    kinds = "|".join(sorted({test.split(".")[0] for test in known_tests() if "." in test}))
    named = re.compile(rf"(?<![\w/`.-])(?:{kinds})\.(?:[A-Z]\w*(?:/[A-Z]\w*)?(?:\.[A-Z]\w*)?"
                       r"|(?!(?:h|cpp|c|py|md|def|txt|html|json|sarif)\b)[a-z_]+)")
    complaints = []
    for page in pages():
        for line, text in enumerate((ROOT / page).read_text().splitlines(), 1):
            tests = set(named.findall(text))
            # The last column of its tables.
            if page == "docs/security.md" and (row := re.fullmatch(r"\| .* \| ([\w./-]+(?:, [\w./-]+)*) \|", text)):
                tests |= set(row[1].split(", ")) - {"test"}
            complaints += [f"{page}:{line}: no test is named {test}" for test in sorted(tests - known_tests() - known_scenarios())]
    return complaints
