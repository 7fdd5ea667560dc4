// A row of tabs over one panel that shows what the chosen one stands for.

import { h, setAttributes } from "./dom";

export interface Tab {
  name: string;
  label: string;
}

let sets = 0;

export class Tabs {
  readonly list: HTMLElement;
  readonly panel: HTMLElement;
  private readonly id = `wb-tabs-${++sets}`;
  private tabs: Tab[] = [];

  constructor(
    label: string,
    private chosen: string,
    private readonly choose: (name: string) => void,
    signal: AbortSignal,
  ) {
    this.list = h("div", { class: "wb-tabs", role: "tablist", "aria-label": label });
    this.panel = h("div", { class: "wb-tabpanel", role: "tabpanel", id: `${this.id}-panel` });
    this.list.addEventListener(
      "click",
      (event) => {
        const tab = (event.target as Element).closest<HTMLElement>("[role=tab]");
        if (tab?.dataset.tab) this.activate(tab.dataset.tab);
      },
      { signal },
    );
    this.list.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  /** Offer these; the chosen one stays, if it is still there. */
  offer(tabs: Tab[]): void {
    if (JSON.stringify(tabs) === JSON.stringify(this.tabs)) return;
    this.tabs = tabs;
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(
      ...tabs.map(({ name, label }) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            class: "wb-tab",
            id: `${this.id}-${name}`,
            "aria-controls": this.panel.id,
            "data-tab": name,
            "data-key": `tab-${name}`,
          },
          label,
        ),
      ),
    );
    if (!tabs.some(({ name }) => name === this.chosen) && tabs[0]) this.chosen = tabs[0].name;
    this.mark();
    if (focused) this.tab(this.chosen)?.focus();
  }

  private tab(name: string): HTMLElement | null {
    return this.list.querySelector(`[data-tab="${name}"]`);
  }

  private activate(name: string): void {
    if (name === this.chosen) return;
    this.chosen = name;
    this.mark();
    this.choose(name);
  }

  private mark(): void {
    for (const tab of this.list.querySelectorAll<HTMLElement>("[role=tab]")) {
      const chosen = tab.dataset.tab === this.chosen;
      setAttributes(tab, { "aria-selected": String(chosen), tabindex: chosen ? 0 : -1 });
    }
    setAttributes(this.panel, { "aria-labelledby": `${this.id}-${this.chosen}` });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.tabs.findIndex(({ name }) => name === this.chosen);
    const count = this.tabs.length;
    const to = { ArrowRight: (at + 1) % count, ArrowLeft: (at + count - 1) % count, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || !this.tabs[to]) return;
    event.preventDefault();
    event.stopPropagation();
    this.activate(this.tabs[to].name);
    this.tab(this.chosen)?.focus();
  }
}
