// A row of radio buttons drawn as one control.

import { h } from "./dom";

let groups = 0;
// Other panels' bundles count for themselves; radio buttons of one name exclude each other.
const own = Math.random().toString(36).slice(2, 8);

export function segmented<T extends string>(
  label: string,
  options: { value: T; label: string; help?: string }[],
  chosen: T,
  choose: (value: T) => void,
  signal: AbortSignal,
): HTMLElement {
  const name = `wb-segmented-${++groups}-${own}`;
  return h(
    "div",
    { class: "wb-segmented", role: "radiogroup", "aria-label": label },
    ...options.map((option) => {
      const input = h("input", {
        type: "radio",
        name,
        value: option.value,
        class: "wb-hidden",
        "data-key": `${name}-${option.value}`,
      });
      input.checked = option.value === chosen;
      input.addEventListener("change", () => choose(option.value), { signal });
      input.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
      return h("label", { title: option.help }, input, h("span", {}, option.label));
    }),
  );
}
