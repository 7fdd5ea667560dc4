// A panel inside a panel: mounts another widget's view, by the id of its model.

import { h } from "./dom";
import type { ChildView, LiveModel, WidgetHost, WidgetModel } from "./model";

const TRIES = 40;
const TRY_MS = 100;
const ANSWER_MS = 10_000;

export class Nested {
  readonly element = h("div", { class: "wb-nested" });
  private shown: string | undefined;
  private view: ChildView | undefined;

  constructor(
    private readonly model: WidgetModel,
    private readonly signal: AbortSignal,
    private readonly host?: WidgetHost,
  ) {
    signal.addEventListener("abort", () => this.clear());
  }

  /** Show the widget with this id; what is shown stays until the new one is there. */
  async show(id: string): Promise<void> {
    if (id === this.shown) return;
    this.shown = id;
    const current = () => this.shown === id && !this.signal.aborted;
    try {
      const manager = this.model.widget_manager;
      const view = manager?.create_view
        ? await manager.create_view(await this.find(id, current), {})
        : await soon(this.render(id));
      if (!current()) return remove(view);
      const before = this.view;
      this.view = view;
      this.element.replaceChildren(view.el);
      remove(before);
    } catch {
      if (!current()) return;
      this.shown = undefined;
      const text = "This view is not in the saved notebook, or this host cannot show it inside another: show it in a cell of its own.";
      this.element.replaceChildren(h("p", { class: "wb-note" }, text));
    }
  }

  clear(): void {
    this.shown = undefined;
    remove(this.view);
    this.view = undefined;
    this.element.replaceChildren();
  }

  /** In a host that makes no views for others, such as marimo. */
  private async render(id: string): Promise<ChildView> {
    if (!this.host) throw new Error("this host shows no widget inside another");
    const el = h("div", {});
    const view = new AbortController();
    this.signal.addEventListener("abort", () => view.abort(), { signal: view.signal });
    const widget = await this.host.getWidget(`anywidget:${id}`);
    await widget.render({ el, signal: view.signal });
    return { el, remove: () => (view.abort(), el.remove()) };
  }

  /** The id may come before the widget that it names. */
  private async find(id: string, current: () => boolean): Promise<LiveModel> {
    for (let i = 0; ; i++) {
      try {
        const child = await this.model.widget_manager?.get_model?.(id);
        if (child) return child;
      } catch (error) {
        if (i >= TRIES) throw error;
      }
      if (i >= TRIES || !current()) throw new Error(`there is no widget ${id}`);
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }
}

/** A host may wait without end for a widget that it does not know. */
async function soon<T>(made: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("this host does not answer")), ANSWER_MS));
  return Promise.race([made, late]);
}

/** The host itself removes a view whose widget was closed. */
function remove(view: ChildView | undefined): void {
  try {
    view?.remove();
  } catch {
    view?.el.remove();
  }
}
