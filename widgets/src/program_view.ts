// Browser half of workbench.widgets.ProgramView.

import { AnnotatedListing, type Program } from "./annotated";
import { Channel } from "./channel";
import { ConceptChips, type ConceptPart } from "./concept_chips";
import { CopyNote } from "./copying";
import { h, keepKeys, setText } from "./dom";
import { ExportCheck } from "./export_check";
import { percent } from "./format";
import type { RenderContext } from "./model";
import { segmented } from "./segmented";
import { followTheme } from "./theme";

type Form = "text" | "numpy" | "latex";
type Dead = "dim" | "hide" | "show";

const FORMS: { value: Form; label: string; help: string }[] = [
  { value: "text", label: "Program", help: "The program, line by line" },
  { value: "numpy", label: "NumPy", help: "Python code that needs nothing but NumPy" },
  { value: "latex", label: "LaTeX", help: "For a paper" },
];

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["listing", "concepts", "lit", "check"], signal);
  const listing = new AnnotatedListing(signal);
  const chips = new ConceptChips((lines) => listing.markCarriers(lines), signal);
  const title = h("h3", { class: "wb-title" });
  const facts = h("span", { class: "wb-facts" });
  const source = h("pre", { class: "wb-source", tabindex: 0, hidden: true });
  const checked = new ExportCheck(channel);
  const copied = new CopyNote(signal);
  const copy = h("button", { type: "button", class: "wb-button", "data-key": "copy" }, "Copy");
  const forms = h("div", {});
  const math = check("Formulas", "formulas");
  const words = check("Words", "words");
  const reading = h("div", { class: "wb-reading" });
  const root = h("div", {
    class: "wb wb-program-view",
    role: "region",
    "aria-label": "Program view",
  });
  let form: Form = "text";
  let dead: Dead = "dim";
  let shown: unknown;
  let lit: unknown;

  const sources = () => (channel.part("listing").sources ?? {}) as Partial<Record<Form, string>>;
  const setDead = (value: Dead) => {
    root.dataset.dead = dead = value;
    for (const row of listing.element.querySelectorAll<HTMLElement>(".wb-row.wb-dead")) {
      row.hidden = dead === "hide";
    }
    listing.reach();
  };
  const setForm = (value: Form) => {
    if (form !== value) checked.again();
    form = value;
    listing.element.hidden = reading.hidden = chips.element.hidden = form !== "text";
    source.hidden = form === "text";
    setText(source, form === "text" ? "" : (sources()[form] ?? ""));
    source.setAttribute("aria-label", `The program as ${form === "numpy" ? "NumPy code" : "LaTeX"}`);
    copy.title = form === "text" ? "Copy the program's text" : `Copy the ${form === "numpy" ? "NumPy code" : "LaTeX"}`;
    showChecked();
  };
  const showChecked = () => checked.show(form === "numpy", Number(channel.part("listing").version));
  copy.addEventListener("click", () => void copied.copy(sources()[form] ?? ""), { signal });
  for (const [box, name] of [[math, "math"], [words, "words"]] as const) {
    box.input.addEventListener(
      "change",
      () => root.classList.toggle(`wb-without-${name}`, !box.input.checked),
      { signal },
    );
  }
  reading.append(
    h("span", { class: "wb-note", "aria-hidden": "true" }, "Dead code"),
    segmented(
      "Dead code",
      [
        { value: "dim", label: "Dim", help: "What cannot change any prediction stands back" },
        { value: "hide", label: "Hide", help: "Leave out what cannot change any prediction" },
        { value: "show", label: "Show", help: "All lines alike" },
      ],
      dead,
      setDead,
      signal,
    ),
    math.label,
    words.label,
  );
  root.append(
    h("div", { class: "wb-head" }, title, facts, copied.element, forms, copy),
    h("div", { class: "wb-view-body" }, reading, chips.element, listing.element, checked.element, source),
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  const update = () => {
    const part = channel.part("listing");
    if (!part.functions) return;
    updateListing(part);
    chips.show(channel.part("concepts") as ConceptPart, Number(part.version), channel.link);
    const { number, concept } = channel.part("lit");
    if (number !== lit) chips.choose(String(concept ?? "") || undefined);
    lit = number;
    showChecked();
  };
  const updateListing = (part: Record<string, unknown>) => {
    if (part.revision === shown) return;
    shown = part.revision;
    setText(title, String(part.title ?? "Program"));
    setText(facts, count(part as unknown as Program));
    const offered = FORMS.filter(({ value }) => sources()[value] !== undefined);
    forms.replaceChildren(segmented("Form of the program", offered, form, setForm, signal));
    listing.show(part as unknown as Program);
    setDead(dead);
    setForm(form);
  };
  channel.onchange = update;
  followTheme(root, signal, () => {});
  update();
  void channel.attach();
}

function count({ functions }: Program): string {
  const rows = functions.flatMap((one) => one.rows);
  const dead = rows.filter((row) => !row.live).length;
  const all = `${rows.length} instruction${rows.length === 1 ? "" : "s"}`;
  return dead === 0 ? `${all}, none dead` : `${all}, ${dead} dead (${percent(dead, rows.length)})`;
}

function check(text: string, key: string) {
  const input = h("input", { type: "checkbox", "data-key": key });
  input.checked = true;
  return { input, label: h("label", { class: "wb-check" }, input, h("span", {}, text)) };
}

export default { render };
