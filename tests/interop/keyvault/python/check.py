"""azure-keyvault-keys and azure-keyvault-secrets, unmodified, against our vault: check.py GROUP..."""
import importlib
import sys
import traceback


def main():
    passed = failed = 0
    for group in sys.argv[1:]:
        for name, check in importlib.import_module(group).CHECKS.items():
            try:
                check()
                print(f"ok keyvault python: {group}: {name}")
                passed += 1
            except Exception:  # whatever the SDK throws is a failure, told in its words
                print(f"FAILED keyvault python: {group}: {name}: {traceback.format_exc()}")
                failed += 1
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
