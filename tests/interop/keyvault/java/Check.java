// com.azure:azure-security-keyvault-keys and -secrets, unmodified, against our vault: Check GROUP...
package keyvault;

import static keyvault.Vault.*;

import java.util.*;
import java.util.concurrent.Callable;

public final class Check {
    private static final Map<String, Callable<Map<String, Body>>> groups = Map.of(
        "keys", Keys::all, "operations", Operations::all, "values", Values::all, "roles", Roles::all, "release", Release::all);

    private static String where(Throwable e) {
        return Arrays.stream(e.getStackTrace()).filter(f -> f.getClassName().startsWith("keyvault.") && !f.getClassName().endsWith("Vault"))
            .findFirst().map(f -> " at " + f).orElse("");
    }

    public static void main(String[] args) throws Exception {
        int passed = 0, failed = 0;
        for (String group : args)
            for (Map.Entry<String, Body> check : groups.get(group).call().entrySet()) {
                String name = "keyvault java: " + group + ": " + check.getKey();
                try {
                    check.getValue().run();
                    System.out.println("ok " + name);
                    passed++;
                } catch (Throwable e) { // whatever the SDK throws is a failure, told in its words
                    System.out.println("FAILED " + name + ": " + e + where(e));
                    failed++;
                }
            }
        System.out.println(passed + " passed, " + failed + " failed, 0 skipped");
        System.exit(failed > 0 ? 1 : 0);
    }
}
