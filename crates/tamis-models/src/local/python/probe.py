import importlib.metadata
import json
import sys

versions = ["Python " + sys.version.split()[0]]
packages = importlib.metadata.packages_distributions() if sys.argv[1:] and sys.version_info >= (3, 10) else {}
for module in dict.fromkeys(name.split(".")[0] for name in sys.argv[1:]):
    for package in packages.get(module, [module])[:1]:
        try:
            versions.append(package + " " + importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            pass
print(json.dumps({
    "executable": sys.executable,
    "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}),
    "version": sys.version_info[:2],
    "versions": versions,
}))
