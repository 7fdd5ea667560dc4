// A widget model without a kernel: keeps what is sent, and plays the kernel's part.

import type { LiveModel, WidgetModel } from "../src/model";

type Callback = (...args: any[]) => void;

export class FakeModel implements WidgetModel {
  readonly sent: Record<string, any>[] = [];
  readonly handlers = new Map<string, Set<Callback>>();
  live = true;
  /** Ids of widgets that do not exist (yet). */
  readonly missing = new Set<string>();
  /** Ids of widgets whose views were removed. */
  readonly removed: string[] = [];
  widget_manager = {
    get_model: async (id: string) => {
      if (this.missing.has(id)) throw new Error(`no widget ${id}`);
      return { comm_live: this.live, id };
    },
    create_view: async (child: LiveModel) => {
      const { id } = child as LiveModel & { id: string };
      const el = document.createElement("div");
      el.textContent = `view of ${id}`;
      return { el, remove: () => (el.remove(), void this.removed.push(id)) };
    },
  };

  constructor(readonly traits: Record<string, unknown> = {}) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  send(content: unknown): void {
    this.sent.push(content as Record<string, any>);
  }

  on(event: string, callback: Callback): void {
    if (!this.handlers.has(event)) this.handlers.set(event, new Set());
    this.handlers.get(event)!.add(callback);
  }

  off(event: string, callback: Callback): void {
    this.handlers.get(event)?.delete(callback);
  }

  listeners(): number {
    return [...this.handlers.values()].reduce((sum, set) => sum + set.size, 0);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const callback of this.handlers.get(event) ?? []) callback(...args);
  }

  frame(sequence: number, content: Record<string, unknown> = {}, rows?: Float32Array): void {
    const message = { type: "frame", sequence, snapshot: false, parts: {}, ...content };
    this.emit("msg:custom", message, rows ? [new DataView(rows.buffer)] : []);
  }

  ofType(type: string): Record<string, any>[] {
    return this.sent.filter((message) => message.type === type);
  }
}
