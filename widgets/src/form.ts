// The settings: drawn from the schema that Python sends, checked there, told here.

import { ApplyRow } from "./apply";
import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";

interface Field {
  name: string;
  label: string;
  kind: "number" | "text" | "choice" | "flag";
  options?: { value: string; label: string }[];
  help?: string;
  placeholder?: string;
  wide?: boolean;
}

interface Group {
  title: string;
  more: boolean;
  fields: Field[];
}

type Value = string | boolean;

const EDIT_MS = 300;

interface Input {
  control: HTMLInputElement | HTMLSelectElement;
  box: HTMLElement;
  error: HTMLElement;
  help: string | undefined;
}

let forms = 0;

export class Form {
  readonly element: HTMLDetailsElement;
  private readonly summary = h("span", { class: "wb-settings-summary" });
  private readonly note = h("p", { class: "wb-note", hidden: true });
  private readonly apply: ApplyRow;
  private readonly inputs = new Map<string, Input>();
  private readonly edits = new Map<string, Value>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly id = `wb-form-${++forms}`;
  private more: HTMLDetailsElement | undefined;

  constructor(
    private readonly channel: Channel,
    schema: { groups?: Group[] },
    signal: AbortSignal,
  ) {
    this.apply = new ApplyRow(() => {
      this.flush();
      channel.send("apply");
    }, signal);
    const groups = schema.groups ?? [];
    const plain = groups.filter((group) => !group.more);
    const more = groups.filter((group) => group.more);
    if (more.length > 0) {
      this.more = h(
        "details",
        { class: "wb-more" },
        h("summary", { "data-key": "more" }, "More settings"),
        ...more.map((group) => this.group(group, true)),
      );
    }
    this.element = h(
      "details",
      { class: "wb-settings" },
      h("summary", { "data-key": "settings" }, h("span", { class: "wb-settings-title" }, "Settings"), this.summary),
      h("div", { class: "wb-settings-body" }, this.note, this.apply.element, ...plain.map((g) => this.group(g, false)), this.more),
    );
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Send what was typed and not sent yet. */
  flush(): void {
    clearTimeout(this.timer);
    if (this.edits.size === 0) return;
    const values = Object.fromEntries(this.edits);
    this.edits.clear();
    this.channel.send("edit", { values });
  }

  update(): void {
    const form = this.channel.part("form");
    const values = (form.values ?? {}) as Record<string, Value>;
    const errors = (form.errors ?? {}) as Record<string, string>;
    const hidden = new Set((form.hidden ?? []) as string[]);
    const noKernel = this.channel.link === "none";
    const locked = form.locked === true || noKernel;
    setText(this.summary, String(form.summary ?? ""));
    const open = new Set(noKernel ? [] : ((form.open ?? []) as string[]));
    const about = String(form.about ?? "");
    this.note.hidden = !locked && about === "";
    setText(
      this.note,
      noKernel
        ? "No kernel is attached, so nothing can be changed here."
        : locked
          ? String(form.note ?? "These settings belong to the search that is under way.")
          : about,
    );
    this.apply.update(open.size > 0, (form.pending ?? []) as string[], this.edits.size > 0);
    for (const [name, { control, box, error, help }] of this.inputs) {
      const fixed = locked && !open.has(name);
      box.hidden = hidden.has(name);
      control.disabled = fixed;
      setAttributes(box, { title: fixed && !noKernel && form.why });
      setAttributes(control, { title: fixed ? null : help });
      if (!this.edits.has(name) && name in values) show(control, values[name]!);
      const message = errors[name] ?? "";
      error.hidden = message === "";
      setText(error, message);
      setAttributes(control, {
        "aria-invalid": message !== "" && "true",
        "aria-describedby": message !== "" && error.id,
      });
    }
    if (this.more && Object.keys(errors).some((name) => this.isInMore(name))) {
      this.more.open = true;
    }
    this.element.dataset.errors = String(Object.keys(errors).length);
  }

  /** Put the focus on the first refused value. */
  showErrors(): void {
    for (const { control } of this.inputs.values()) {
      if (control.getAttribute("aria-invalid") === "true") {
        this.element.open = true;
        control.focus();
        return;
      }
    }
  }

  private isInMore(name: string): boolean {
    const input = this.inputs.get(name);
    return !!input && !!this.more?.contains(input.box);
  }

  private group({ title, fields }: Group, titled: boolean): HTMLElement {
    return h(
      "div",
      { class: "wb-group", role: "group", "aria-label": title },
      titled && h("h4", {}, title),
      h("div", { class: "wb-fields" }, ...fields.map((field) => this.field(field))),
    );
  }

  private field(field: Field): HTMLElement {
    const id = `${this.id}-${field.name}`;
    const control = makeControl(field);
    setAttributes(control, { id, "data-key": `field-${field.name}`, title: field.help });
    const edited = (wait: number) => () => {
      this.edits.set(field.name, read(control));
      this.apply.edited();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush(), wait);
    };
    control.addEventListener("input", edited(field.kind === "choice" ? 0 : EDIT_MS));
    control.addEventListener("change", edited(0));
    control.addEventListener("keydown", (event) => event.stopPropagation());
    const error = h("span", { class: "wb-error", id: `${id}-error`, hidden: true });
    const label = h("label", { for: id }, field.label);
    const box = h(
      "div",
      { class: `wb-field wb-field-${field.kind}${field.wide ? " wb-wide" : ""}` },
      ...(field.kind === "flag" ? [control, label] : [label, control]),
      error,
    );
    this.inputs.set(field.name, { control, box, error, help: field.help });
    return box;
  }
}

function makeControl(field: Field): HTMLInputElement | HTMLSelectElement {
  if (field.kind === "choice") {
    return h(
      "select",
      {},
      ...(field.options ?? []).map(({ value, label }) => h("option", { value }, label)),
    );
  }
  if (field.kind === "flag") return h("input", { type: "checkbox" });
  return h("input", {
    type: "text",
    placeholder: field.placeholder || null,
    inputmode: field.kind === "number" && "decimal",
    autocomplete: "off",
    spellcheck: "false",
  });
}

function read(control: HTMLInputElement | HTMLSelectElement): Value {
  return control.type === "checkbox" ? (control as HTMLInputElement).checked : control.value;
}

function show(control: HTMLInputElement | HTMLSelectElement, value: Value): void {
  if (control.type === "checkbox") (control as HTMLInputElement).checked = value === true;
  else if (control.value !== String(value)) control.value = String(value);
}
