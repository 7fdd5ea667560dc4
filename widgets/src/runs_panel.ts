// Browser half of workbench.widgets.RunsPanel.

import { Channel } from "./channel";
import { h, icon, inNextFrame, keepKeys, setAttributes, setText } from "./dom";
import { ManyCurvesView } from "./many_curves_view";
import type { RenderContext } from "./model";
import { RunDetail } from "./run_detail";
import { RunsCompare } from "./runs_compare";
import { RunsTable } from "./runs_table";
import { followTheme } from "./theme";

const PARTS = ["table", "curves", "compare", "detail", "notice"];
const TYPING_MS = 150;
const SAID_MS = 6000;
const HINT = "Words, or tag:x  status:finished  name:x  seed:7; a dash excludes: -tag:x";
const KEYS = "J, K or arrows move · Space draws · Enter opens · F2 renames · T tags · Delete deletes";
const RESUMABLE = new Set(["ready", "paused", "interrupted", "failed"]);

interface FileMessage {
  type: "file";
  view: string;
  name: string;
  kind: string;
}

let views = 0;

function render({ model, el, signal }: RenderContext): void {
  const view = `${Date.now().toString(36)}-${++views}`;
  const channel = new Channel(model, PARTS, signal);
  const count = h("span", { class: "wb-facts", role: "status" });
  const link = h("p", { class: "wb-detail", role: "status", hidden: true });
  const filter = h("input", {
    type: "search",
    class: "wb-filter",
    placeholder: "Filter: tag:x status:finished …",
    "aria-label": "Filter runs",
    title: HINT,
    "data-key": "filter",
    spellcheck: "false",
  });
  const hint = h("p", { class: "wb-note wb-filter-hint", "aria-live": "polite" });
  const notice = h("div", { class: "wb-notice", hidden: true });
  const empty = emptyState();
  const table = new RunsTable(channel, () => updateActions(), signal);
  const curves = new ManyCurvesView(channel, view, signal);
  const compare = new RunsCompare(channel, signal);
  const detail = new RunDetail(channel, () => table.focus(), signal);

  const button = (text: string, key: string, title: string, action: () => void) => {
    const made = h("button", { type: "button", class: "wb-button wb-small", "data-key": key, title }, text);
    made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && action(), { signal });
    return made;
  };
  const here = h("b", { class: "wb-here" });
  const open = button("Open", "open", "Program, settings and code (Enter)", () => table.row && channel.send("open", { run: table.row.id }));
  const rename = button("Rename", "rename", "F2", () => table.edit("name"));
  const tags = button("Tags", "tags", "T", () => table.edit("tags"));
  const resume = button("Resume", "resume", "", () => {
    if (table.row) channel.send(resume.dataset.does ?? "resume", { run: table.row.id });
  });
  const remove = button("Delete", "delete", "Delete key; can be undone", () => table.row && channel.send("delete", { ids: [table.row.id] }));
  const selected = h("b", { class: "wb-here" });
  const newTag = h("input", { class: "wb-new-tag", placeholder: "tag", "aria-label": "Tag for the selected runs", "data-key": "new-tag", spellcheck: "false" });
  const chosen = () => Object.keys((channel.part("table").selected ?? {}) as object);
  const tagThem = (field: "add" | "remove") => {
    const words = newTag.value.split(/[\s,]+/).filter(Boolean);
    if (words.length === 0) return newTag.focus();
    channel.send("tag", { ids: chosen(), [field]: words });
    newTag.value = "";
  };
  const addTag = button("Add", "add-tag", "Add the tag to all selected runs", () => tagThem("add"));
  const dropTag = button("Take away", "drop-tag", "Take the tag from all selected runs", () => tagThem("remove"));
  const removeAll = button("Delete", "delete-selected", "Delete the selected runs; can be undone", () => channel.send("delete", { ids: chosen() }));
  const clear = button("Unselect", "unselect", "Draw none", () => channel.send("unselect"));
  newTag.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") tagThem("add");
  }, { signal });
  const forOne = h("div", { class: "wb-run-actions", role: "group", "aria-label": "The run under the cursor" }, here, open, resume, rename, tags, remove);
  const forAll = h("div", { class: "wb-run-actions", role: "group", "aria-label": "The selected runs" }, selected, newTag, addTag, dropTag, removeAll, clear);
  const actions = h("div", { class: "wb-actions" }, forOne, forAll);
  const keys = h("p", { class: "wb-note wb-keys" }, KEYS);
  const list = h("section", { class: "wb-runs-list", "aria-label": "All runs" }, hint, notice, table.element, actions, keys);
  const main = h("div", { class: "wb-main" }, curves.element, compare.table, compare.programs);
  const root = h(
    "div",
    { class: "wb wb-runs", role: "region", "aria-label": "Runs panel" },
    h("div", { class: "wb-head" }, h("h3", { class: "wb-title" }, "Runs"), count, filter),
    link,
    empty,
    list,
    detail.element,
    main,
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  let typing: ReturnType<typeof setTimeout> | undefined;
  let typed = "";
  const ask = () => {
    clearTimeout(typing);
    typing = undefined;
    if (filter.value === typed) return;
    typed = filter.value;
    channel.send("query", { text: typed });
  };
  filter.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(ask, TYPING_MS);
  }, { signal });
  filter.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      ask();
      table.focus();
    }
  }, { signal });

  const updateHint = () => {
    const said = String(channel.part("table").hint ?? "");
    // Always there: a line that came and went with the focus would move what is clicked.
    setText(hint, said || HINT);
    hint.classList.toggle("wb-filter-odd", said !== "");
  };
  const updateActions = () => {
    const row = table.row;
    const live = channel.link !== "none";
    const part = channel.part("table");
    const resumed = ((part.resumed ?? []) as string[]).includes(row?.id ?? "");
    const may = row !== undefined && RESUMABLE.has(row.status) && row.held !== "elsewhere";
    setText(here, row?.name ?? "");
    forOne.hidden = !row || !live;
    for (const one of [open, rename, tags, remove]) enable(one, row !== undefined);
    setText(resume, resumed ? "Pause" : "Resume");
    resume.dataset.does = resumed ? "pause" : "resume";
    enable(resume, resumed || may);
    resume.title = resumed ? "Pause and save" : resumeTitle(row?.status, row?.held);
    const several = chosen().length;
    setText(selected, `${several} selected`);
    forAll.hidden = several === 0 || !live;
  };
  let number = 0;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const updateNotice = () => {
    const part = channel.part("notice");
    if (Number(part.number ?? 0) === number) return;
    number = Number(part.number ?? 0);
    clearTimeout(hiding);
    const kind = String(part.kind ?? "said");
    const text = String(part.text ?? "");
    const hold = notice.contains(document.activeElement);
    notice.hidden = text === "" || (channel.link === "none" && kind !== "problem");
    setAttributes(notice, { "data-kind": kind, role: kind === "problem" ? "alert" : "status" });
    notice.replaceChildren(
      ...(kind === "problem" ? [icon("warning")] : []),
      h("span", {}, text),
      ...(kind === "deleted" ? [button("Undo", "undo", "Bring back what was deleted", () => channel.send("undo"))] : []),
      ...(kind === "said" ? [] : [button("Dismiss", "dismiss", "", () => channel.send("dismiss"))]),
    );
    if (hold) table.focus();
    if (kind === "said" && text) hiding = setTimeout(() => (notice.hidden = true), SAID_MS);
  };

  const update = () => {
    const part = channel.part("table");
    const [all, found] = [Number(part.all ?? 0), Number(part.found ?? 0)];
    root.dataset.link = channel.link;
    setText(count, countText(all, found, chosen().length));
    link.hidden = channel.link === "live" || channel.link === "connecting";
    setText(link, linkText(channel.link));
    empty.hidden = all > 0 || part.revision === undefined;
    list.hidden = main.hidden = !empty.hidden;
    filter.hidden = all === 0;
    filter.disabled = channel.link === "none";
    if (typing === undefined && document.activeElement !== filter) filter.value = typed = String(part.filter ?? "");
    updateHint();
    table.update();
    updateActions();
    updateNotice();
    curves.update();
    compare.update();
    detail.update();
  };
  channel.onchange = inNextFrame(update, signal);
  const onFile = (content: FileMessage, buffers: DataView[]) => {
    if (content.type === "file" && content.view === view && buffers[0]) save(content, buffers[0]);
  };
  model.on("msg:custom", onFile);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", onFile);
    clearTimeout(typing);
    clearTimeout(hiding);
  });
  followTheme(root, signal, () => curves.curves.recolour());
  update();
  void channel.attach();
}

function enable(target: HTMLElement, enabled: boolean): void {
  setAttributes(target, { "aria-disabled": enabled ? null : "true" });
}

function resumeTitle(status: string | undefined, held: string | undefined): string {
  if (held === "elsewhere") return "Another process holds this run";
  if (status === "finished" || status === "stopped") return "Its winner has been chosen: Open has code to run it again";
  return "Go on from its last checkpoint, in the background";
}

function countText(all: number, found: number, selected: number): string {
  if (all === 0) return "";
  const runs = found === all ? `${all.toLocaleString("en")} ${all === 1 ? "run" : "runs"}` : `${found.toLocaleString("en")} of ${all.toLocaleString("en")} runs`;
  return selected > 0 ? `${runs}, ${selected} drawn` : runs;
}

function linkText(link: string): string {
  if (link === "none") return "No kernel is attached: this is the last saved state. Run the cell to go on.";
  return link === "waiting" ? "Waiting for the kernel, which may be busy with a cell; nothing you clicked is lost." : "";
}

function emptyState(): HTMLElement {
  return h(
    "div",
    { class: "wb-empty", hidden: true },
    h("p", {}, h("b", {}, "No runs yet.")),
    h("p", { class: "wb-note" }, "Each search that is started in a panel, in a cell or from the command line is kept here. A first one takes a minute:"),
    h("pre", { class: "wb-code", tabindex: 0 }, 'from workbench.widgets import SearchPanel\n\npanel = SearchPanel("linear")\npanel.start()\npanel'),
    h("p", { class: "wb-note" }, "or, in a terminal: ", h("code", {}, "workbench search linear")),
  );
}

function save({ name, kind }: FileMessage, data: DataView): void {
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
  const url = URL.createObjectURL(new Blob([bytes], { type: kind }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export default { render };
