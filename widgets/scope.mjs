// Keeps a panel's styles to itself: a notebook may show several panels, one within another,
// and what two of them call alike need not look alike.

/**
 * Put the rules of a minified sheet into the scope of a root class, down to roots within it.
 * Within a scope the root goes by `:scope`, as specific as a class. What names no element
 * there, or stands beside the root, stays outside.
 */
export function scoped(css, root) {
  const apart = (rule) => /^@(font-face|keyframes)/.test(rule) || rule.includes("wb-static");
  const rules = topLevel(css);
  const inner = rules.filter((rule) => !apart(rule));
  const text = inner.join("").replace(new RegExp(`\\.(?:wb|${root})(?![-\\w])`, "g"), ":scope");
  return [...rules.filter(apart), `@scope(.${root}) to (:scope .wb){${text}}`].join("") + "\n";
}

/** Split a sheet without comments into its outermost rules. */
export function topLevel(css) {
  const rules = [];
  let depth = 0;
  let start = 0;
  let quote = "";
  for (let i = 0; i < css.length; i++) {
    const c = css[i];
    if (quote) {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (c === '"' || c === "'") quote = c;
    else if (c === "{") depth++;
    else if (c === "}" && --depth === 0) {
      rules.push(css.slice(start, i + 1).trim());
      start = i + 1;
    }
  }
  if (depth !== 0 || css.slice(start).trim() !== "") throw new Error("the sheet does not end with a rule");
  return rules;
}
