# SPDX-License-Identifier: Apache-2.0
"""What a page has in backticks is in the tree: paths and files, options, and every identifier."""
import functools
import re

from tests import known_tests
from tree import ROOT, code_of, pages, tracked

ELSEWHERE = ROOT / "scripts/check-docs.d/elsewhere"

# These speak of the product's own code, where a name in a test or in a script does not count; nor does an option in what the
# manual and other pages say of the command.
ABOUT_CODE = {"docs/design.md", "docs/adding-an-interposer.md"}
PRODUCT = ("audit/", "cli/", "include/", "policy/", "seal/", "shim/", "supervise/", "trace/", "watch/")

NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
QUALIFIED = re.compile(r"\w+(?:::\w+)+")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
# With a folder, or with an ending that files of the tree have.
PATH = re.compile(r"(?<![\w/.*])(?:[\w.*-]+/)+[\w.*-]*|(?<![\w/.*-])[\w*-]+\.(?:cpp|h|c|def|py|md|cmake|bash|scd|supp)(?!\w)")
# A machine's own.
ABSOLUTE = re.compile(r"(?<![\w.*])[~$]?/[\w./*$-]*")


@functools.cache
def names_in(prefixes):
    """The identifiers of the files whose names begin so, and the parts of the files' own names."""
    files = [name for name in tracked()[0] if name.startswith(prefixes)]
    return {word for name in files for word in NAME.findall(code_of(name)) + NAME.findall(name.replace("/", " "))}


@functools.cache
def options_in(prefixes):
    return {word for name in tracked()[0] if name.startswith(prefixes) for word in OPTION.findall(code_of(name))}


def read_elsewhere():
    """Blocks: a reason, then the names that it holds for, indented."""
    names = {}
    for block in ELSEWHERE.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        reason = " ".join(line for line in lines if not line.startswith("  ")).strip()
        for name in " ".join(line for line in lines if line.startswith("  ")).split():
            names[name] = reason
    return names


def spans(page, text):
    """(line, span, file that it is said to be in) for each name or phrase that the page marks as such."""
    if page.endswith(".scd"):
        pattern = r"\*(?P<span>[^*\n]+)\*()()"
    else:
        # Blocks between fences are examples. Their lines stay, so that lines have their numbers.
        text = re.sub(r"^( *)```.*?^\1```", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
        file = r"[\w./-]+\.(?:cpp|h|def)"
        pattern = rf"`(?P<span>[^`\n]+(?:\n[^`\n]+)?)`(?:\s+\(({file})\)|\s+in\s+`({file})`)?"
    for match in re.finditer(pattern, text):
        yield text.count("\n", 0, match.start()) + 1, " ".join(match["span"].split()), match[2] or match[3]


def is_there(path):
    """Whether the path, from wherever the page has it, ends like a file's or a folder's; * stands for some letters."""
    files, folders = tracked()
    pattern = re.compile("(?:^|/)" + re.escape(path).replace(r"\*", "[^/]*") + "/?$")
    return any(pattern.search(name) for name in files) or any(pattern.search(name) for name in folders)


def is_qualified(name):
    """Whether one file of the product has all that stands between the colons."""
    parts = set(name.split("::"))
    return any(parts <= set(NAME.findall(code_of(file))) for file in tracked()[0] if file.startswith(PRODUCT))


def check_names():
    complaints, used = [], set()
    elsewhere = read_elsewhere()

    def is_elsewhere(word):
        used.update({word} & elsewhere.keys())
        return word in elsewhere

    for page in pages():
        scope = PRODUCT if page in ABOUT_CODE else ("",)
        text = (ROOT / page).read_text()
        for line, span, file in spans(page, text):
            if page.endswith(".scd") and f"\n# {span}\n" in text:
                continue
            if is_test := re.fullmatch(r"ctest .*?-R '?([\w.|]+)'?", span):
                complaints += [f"{page}:{line}: no test is named {test}" for test in is_test[1].split("|")
                               if test not in known_tests()]
                continue
            rest = ABSOLUTE.sub(" ", span)
            missing = [path for path in PATH.findall(rest) if not path.startswith("build/") and not is_there(path)]
            rest = PATH.sub(" ", rest)
            of_command = page.endswith(".scd") or span.startswith("cloexec ")
            options = options_in(PRODUCT if of_command else ("",))
            # What stands behind dashes is another program's.
            missing += [word for word in OPTION.findall(rest.split(" -- ")[0]) if word not in options]
            # Words behind an option's dashes are options, too.
            rest = re.sub(r"(?<!\w)-+[\w:-]+|\\\w", " ", rest)
            missing += [name for name in QUALIFIED.findall(rest) if not is_qualified(name)]
            missing += [word for word in NAME.findall(rest) if word not in names_in(scope)]
            missing = [word for word in dict.fromkeys(missing) if not is_elsewhere(word)]
            complaints += [f"{page}:{line}: {word}, in `{span}`, is nothing of the tree" for word in missing]
            if file and not is_there(file):
                complaints.append(f"{page}:{line}: {file}, where `{span}` is said to be, is nothing of the tree")
            elif file:
                there = set().union(*(NAME.findall(code_of(name)) for name in tracked()[0] if ("/" + name).endswith("/" + file)))
                if not there & set(NAME.findall(span)):
                    complaints.append(f"{page}:{line}: `{span}` is not in {file}")
    complaints += [f"{ELSEWHERE.relative_to(ROOT)}: {name} is not needed" for name in elsewhere if name not in used]
    complaints += [f"{ELSEWHERE.relative_to(ROOT)}: {name} has no reason" for name, reason in elsewhere.items() if not reason]
    return complaints
