# The SDKs of Azure Key Vault, unmodified, from their registries. Sourced by ../run.sh. They are fetched
# once and play twice: on localhost, where a client must be told not to look at the challenge's resource,
# and at a host name of a vault's, in a network, mount and user namespace of its own, where none is told
# anything. A wrong host name would not be noticed on localhost, nor a forgotten option elsewhere.

export KEYVAULT_CLIENTS=$STAGE/keyvault
mkdir "$KEYVAULT_CLIENTS"

keyvault_js() {
    cp -r "$here/keyvault/js" "$KEYVAULT_CLIENTS/js" &&
        (cd "$KEYVAULT_CLIENTS/js" && npm ci --silent --no-fund --no-audit)
}

keyvault_python() {
    python3 -m venv "$KEYVAULT_CLIENTS/python" &&
        "$KEYVAULT_CLIENTS/python/bin/pip" install -q -r "$here/keyvault/python/requirements.txt"
}

keyvault_java() {
    mvn -q -B -f "$here/keyvault/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$KEYVAULT_CLIENTS/java" &&
        javac -cp "$KEYVAULT_CLIENTS/java/*" -d "$KEYVAULT_CLIENTS/java" "$here"/keyvault/java/*.java
}

keyvault_go() {
    (cd "$here/keyvault/go" && GOFLAGS=-mod=readonly go build -o "$KEYVAULT_CLIENTS/go" .)
}

# keyvault_client LANGUAGE TOOL...
keyvault_client() {
    local language=$1 tool out
    shift
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { skip "Key Vault in $language: there is no $tool"; return; }
    done
    out=$("keyvault_$language" 2>&1) || {
        rm -rf "${KEYVAULT_CLIENTS:?}/$language"
        skip "Key Vault in $language: the packages could not be fetched or built: ${out##*$'\n'}"
    }
}

keyvault_client js npm node
keyvault_client python python3
keyvault_client java mvn javac keytool
keyvault_client go go

echo "== Key Vault's SDKs (npm, PyPI, Maven Central, Go) on localhost"
suite "Key Vault on localhost" "$here/keyvault/play.sh" "$1" localhost off

echo "== Key Vault's SDKs at https://myvault.kms.test"
if unshare --user --map-root-user --net --mount true 2>/dev/null && command -v ip >/dev/null; then
    suite "Key Vault at a host name of its own" unshare --user --map-root-user --net --mount "$here/keyvault/play.sh" "$1" myvault.kms.test on
else
    skip "Key Vault at a host name of its own: no namespaces, or no ip command (Debian: iproute2)"
fi
