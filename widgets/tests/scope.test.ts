import { expect, test } from "vitest";
import { scoped, topLevel } from "../scope.mjs";

test("rules go into the scope of the panel's root, fonts and what stands beside it do not", () => {
  const sheet =
    '@font-face{font-family:"x"}.wb-static{display:none}.wb .a{content:"}"}@media print{.wb .a{color:red}}@keyframes k{to{opacity:0}}.wb-x:focus,.wb-x-y{top:0}';
  expect(scoped(sheet, "wb-x")).toBe(
    '@font-face{font-family:"x"}.wb-static{display:none}@keyframes k{to{opacity:0}}' +
      '@scope(.wb-x) to (:scope .wb){:scope .a{content:"}"}@media print{:scope .a{color:red}}:scope:focus,.wb-x-y{top:0}}\n',
  );
});

test("a sheet that breaks off is refused", () => {
  expect(() => topLevel(".a{color:red")).toThrow("does not end with a rule");
});
