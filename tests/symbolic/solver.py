"""cvc5 as a program that reads SMT-LIB from its input and answers on its output.

The wheel of cvc5 brings the library but no such program. A command is run as soon as its parentheses are closed.
"""

import sys

import cvc5

TIME_LIMIT_MS = "60000"


class Session:
    """A solver and what has been declared in it: everything that `(reset)` throws away."""

    def __init__(self):
        terms = cvc5.TermManager()
        self.solver = cvc5.Solver(terms)
        self.solver.setOption("tlimit-per", TIME_LIMIT_MS)
        self.symbols = cvc5.SymbolManager(terms)
        self.parser = cvc5.InputParser(self.solver, self.symbols)

    def run(self, text):
        self.parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "input")
        while not (command := self.parser.nextCommand()).isNull():
            sys.stdout.write(str(command.invoke(self.solver, self.symbols) or ""))
        sys.stdout.flush()


class Nesting:
    """How deep in parentheses a text ends, outside strings, quoted symbols and comments."""

    def __init__(self):
        self.depth = 0
        self.quote = ""

    def follow(self, line):
        for character in line:
            if self.quote:
                self.quote = "" if character == self.quote else self.quote
            elif character in '"|':
                self.quote = character
            elif character == ";":
                return
            else:
                self.depth += {"(": 1, ")": -1}.get(character, 0)

    def is_closed(self):
        return self.depth == 0 and not self.quote


def main():
    session, nesting, text = Session(), Nesting(), ""
    for line in sys.stdin:
        text += line
        nesting.follow(line)
        if not nesting.is_closed():
            continue
        if text.strip() == "(reset)":
            session = Session()
        elif text.strip():
            session.run(text)
        text = ""


main()
