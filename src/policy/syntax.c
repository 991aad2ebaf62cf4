#include "policy/syntax.h"

#include "base/text.h"

static const char *const sections[] = {"configurationrules", "authorizationrules", "issuancerules"};
static const char *const properties[] = {"type", "value", "valueType", "issuer"};
static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
static const char *const actions[] = {"permit", "deny", "add", "issue", "issueproperty"};

static const struct {
    const char *name;
    size_t arity;
} functions[] = {
    [FUNCTION_JMESPATH] = {"JmesPath",          2},
    [FUNCTION_JSON_TO_CLAIM_VALUE] = {"JsonToClaimValue",  1},
    [FUNCTION_IS_SUBSET_OF] = {"IsSubsetOf",        2},
    [FUNCTION_APPEND_STRING] = {"AppendString",      2},
    [FUNCTION_NEGATE_BOOL] = {"NegateBool",        1},
    [FUNCTION_CONTAINS_ONLY_VALUE] = {"ContainsOnlyValue", 2},
};

const char *policy_section_name(enum policy_section section)
{
    return sections[section];
}

const char *policy_property_name(enum policy_property property)
{
    return properties[property];
}

const char *policy_op_name(enum policy_op op)
{
    return ops[op];
}

const char *policy_action_name(enum policy_action action)
{
    return actions[action];
}

const char *policy_function_name(enum policy_function function)
{
    return functions[function].name;
}

size_t policy_function_arity(enum policy_function function)
{
    return functions[function].arity;
}

static bool find(struct bytes word, const char *const *words, size_t count, size_t *ret_index)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(word, bytes_of_text(words[i]))) {
            *ret_index = i;
            return true;
        }
    return false;
}

bool policy_property_of(struct bytes word, enum policy_property *ret_property)
{
    size_t index;
    if (!find(word, properties, COUNT(properties), &index))
        return false;
    *ret_property = (enum policy_property)index;
    return true;
}

bool policy_action_of(struct bytes word, enum policy_action *ret_action)
{
    size_t index;
    if (!find(word, actions, COUNT(actions), &index))
        return false;
    *ret_action = (enum policy_action)index;
    return true;
}

bool policy_function_of(struct bytes word, enum policy_function *ret_function)
{
    for (size_t i = 0; i < COUNT(functions); i++)
        if (bytes_equal(word, bytes_of_text(functions[i].name))) {
            *ret_function = (enum policy_function)i;
            return true;
        }
    return false;
}

bool policy_section_of(struct bytes word, enum policy_section *ret_section)
{
    for (size_t i = 0; i < COUNT(sections); i++)
        if (text_equal_fold(word, bytes_of_text(sections[i]))) {
            *ret_section = (enum policy_section)i;
            return true;
        }
    return false;
}
