// Browser half of workbench.widgets.ProgramDiff.

import { Channel } from "./channel";
import { ConceptChips, type ConceptPart } from "./concept_chips";
import { CopyNote } from "./copying";
import { DiffTable, type DiffParts } from "./diff_table";
import { h, keepKeys, setText } from "./dom";
import { FitnessPairs, type Fitness } from "./fitness_pairs";
import type { RenderContext } from "./model";
import { followTheme } from "./theme";


function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["diff", "fitness", "concepts"], signal);
  const table = new DiffTable(signal);
  const chips = new ConceptChips((lines, item) => table.markCarriers(item?.change === "lost" ? "left" : "right", lines), signal);
  const pairs = new FitnessPairs(signal);
  const title = h("h3", { class: "wb-title" });
  const copied = new CopyNote(signal);
  const copy = h("button", { type: "button", class: "wb-button", title: "Copy the difference as text", "data-key": "copy" }, "Copy");
  const root = h(
    "div",
    { class: "wb wb-program-diff", role: "region", "aria-label": "Program difference" },
    h("div", { class: "wb-head" }, title, copied.element, copy),
    h("div", { class: "wb-diff-main" }, h("div", {}, chips.element, table.element), pairs.element),
  );
  let shown: unknown;
  let evaluated = "";

  copy.addEventListener("click", () => void copied.copy(String(channel.part("diff").text ?? "")), { signal });
  // What has the focus elsewhere in the panel hands these on.
  root.addEventListener(
    "keydown",
    (event) => {
      if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      table.move(event.key === "j" ? 1 : -1);
    },
    { signal },
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  const update = () => {
    const diff = channel.part("diff");
    if (!diff.functions) return;
    const titles = diff.titles as [string, string];
    if (diff.revision !== shown) {
      shown = diff.revision;
      setText(title, `${titles[0]} → ${titles[1]}`);
      root.setAttribute("aria-label", `Program difference: ${title.textContent}`);
      table.show(diff as unknown as DiffParts, titles);
    }
    chips.show(channel.part("concepts") as ConceptPart, Number(diff.version), channel.link);
    const fitness = channel.part("fitness");
    const key = `${fitness.revision} ${channel.link} ${titles}`;
    if (!fitness.state || key === evaluated) return;
    evaluated = key;
    pairs.show(fitness as unknown as Fitness, titles, channel.link);
  };
  channel.onchange = update;
  followTheme(root, signal, () => {});
  update();
  void channel.attach();
}

export default { render };
