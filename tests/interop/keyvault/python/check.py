"""azure-keyvault-keys and azure-keyvault-secrets, unmodified, against our vault: check.py GROUP..."""
import importlib
import sys
import traceback

from vault import Skipped


def attempt(name, check):
    """Which of passed, failed, skipped it is."""
    try:
        check()
        print(f"ok {name}")
        return 0
    except Skipped as why:
        print(f"skipped: {name}: {why}")
        return 2
    except Exception:  # whatever the SDK throws is a failure, told in its words
        print(f"FAILED {name}: {traceback.format_exc()}")
        return 1


def main():
    outcomes = [attempt(f"keyvault python: {group}: {name}", check)
                for group in sys.argv[1:] for name, check in importlib.import_module(group).CHECKS.items()]
    passed, failed, skipped = (outcomes.count(i) for i in range(3))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
