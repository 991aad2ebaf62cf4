# The SDKs of Azure Key Vault, unmodified, from their registries. Sourced by ../run.sh. They are fetched
# once and play twice: on localhost, where a client must be told not to look at the challenge's resource,
# and at a host name of a vault's, in a network, mount and user namespace of its own, where none is told
# anything. A wrong host name would not be noticed on localhost, nor a forgotten option elsewhere.

export KEYVAULT_CLIENTS=$STAGE/keyvault
mkdir "$KEYVAULT_CLIENTS"

cp -r "$here/keyvault/js" "$KEYVAULT_CLIENTS/js.fetched"
fetched "Key Vault in js" "npm node" npm_fetch "$KEYVAULT_CLIENTS/js.fetched" && mv "$KEYVAULT_CLIENTS/js.fetched" "$KEYVAULT_CLIENTS/js"
fetched "Key Vault in python" python3 pip_fetch "$KEYVAULT_CLIENTS/python" "$here/keyvault/python/requirements.txt" ||
    rm -rf "$KEYVAULT_CLIENTS/python"
fetched "Key Vault in java" "mvn javac java keytool" mvn_fetch "$here/keyvault/java/pom.xml" "$KEYVAULT_CLIENTS/java" &&
    built "keyvault java" javac -cp "$KEYVAULT_CLIENTS/java/*" -d "$KEYVAULT_CLIENTS/java" "$here"/keyvault/java/*.java ||
    rm -rf "$KEYVAULT_CLIENTS/java"
fetched "Key Vault in go" go go_fetch "$here/keyvault/go" && built "keyvault go" go_build "$here/keyvault/go" "$KEYVAULT_CLIENTS/go"

echo "== Key Vault's SDKs (npm, PyPI, Maven Central, Go) on localhost"
suite "Key Vault on localhost" "$here/keyvault/play.sh" "$1" localhost off

echo "== Key Vault's SDKs at https://myvault.kms.test"
if unshare --user --map-root-user --net --mount true 2>/dev/null && command -v ip >/dev/null; then
    suite "Key Vault at a host name of its own" unshare --user --map-root-user --net --mount "$here/keyvault/play.sh" "$1" myvault.kms.test on
else
    skip "Key Vault at a host name of its own: no namespaces, or no ip command (Debian: iproute2)"
fi
