// The browser's end of the two channels: see workbench/widgets/channel.py.
//
// Parts come both as synced traits (what was saved, at most twice a second) and in
// numbered frames (at most 30 a second); the higher revision wins. Frames are
// acknowledged, and a gap in their numbers asks for a snapshot.

import type { WidgetModel } from "./model";
import { Table, type TableMeta } from "./table";

export type Part = Record<string, any> & { revision?: number };
export type Link = "connecting" | "live" | "waiting" | "none";

interface FrameMessage {
  type: "frame";
  sequence: number;
  snapshot: boolean;
  parts: Record<string, Part>;
  table?: TableMeta;
}

interface HandledMessage {
  type: "handled";
  ids: string[];
}

const ACK_EVERY = 10;
const ACK_MS = 250;
const ANSWER_MS = 500;
const RETRY_MS = 5000;

let views = 0;

export class Channel {
  readonly parts: Record<string, Part> = {};
  readonly table = new Table();
  link: Link = "connecting";
  /** Called when parts or rows changed; must be cheap, drawing waits for a frame. */
  onchange: () => void = () => {};

  private readonly view = `${Date.now().toString(36)}-${++views}`;
  private last = 0;
  private acknowledged = 0;
  private ackTimer: ReturnType<typeof setTimeout> | undefined;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private attaching = false;
  private command = 0;
  private readonly waiting = new Set<number>();

  constructor(
    private readonly model: WidgetModel,
    private readonly names: string[],
    signal: AbortSignal,
  ) {
    const onMessage = (content: FrameMessage | HandledMessage, buffers: DataView[]) =>
      this.receive(content, buffers);
    const onState = () => this.readState();
    const onLife = () => void this.attach();
    model.on("msg:custom", onMessage);
    model.on("comm_live_update", onLife);
    for (const name of names) model.on(`change:${name}`, onState);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", onMessage);
      model.off("comm_live_update", onLife);
      for (const name of names) model.off(`change:${name}`, onState);
      clearTimeout(this.ackTimer);
      clearTimeout(this.answerTimer);
      clearTimeout(this.retryTimer);
      this.model.send({ type: "detach", view: this.view });
    });
    this.readState();
    this.readRows();
  }

  /** Join the stream; the kernel answers with a snapshot, if there is a kernel. */
  async attach(): Promise<void> {
    if (!(await this.commLive())) {
      this.setLink("none");
      return;
    }
    this.attaching = true;
    this.expectAnswer();
    this.model.send({ type: "attach", view: this.view });
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      if (this.attaching) void this.attach();
    }, RETRY_MS);
  }

  /** Ask the kernel for something; it answers when it has done so. */
  send(name: string, more: Record<string, unknown> = {}): void {
    const id = ++this.command;
    this.waiting.add(id);
    this.expectAnswer();
    this.model.send({ type: "command", id: `${this.view}:${id}`, name, ...more });
  }

  part(name: string): Part {
    return this.parts[name] ?? {};
  }

  private receive(content: FrameMessage | HandledMessage, buffers: DataView[]): void {
    if (content.type === "handled") {
      for (const id of content.ids) this.settle(id);
    } else if (content.type === "frame") {
      this.takeFrame(content, buffers);
    }
    this.answered();
  }

  private takeFrame(frame: FrameMessage, buffers: DataView[]): void {
    if (!frame.snapshot && this.attaching) return;
    if (!frame.snapshot && frame.sequence !== this.last + 1) {
      void this.attach();
      return;
    }
    this.attaching &&= !frame.snapshot;
    this.last = frame.sequence;
    for (const [name, part] of Object.entries(frame.parts)) this.takePart(name, part);
    if (frame.table && !this.table.take(frame.table, buffers[0])) void this.attach();
    this.acknowledge();
    this.onchange();
  }

  private takePart(name: string, part: Part): void {
    if ((part.revision ?? 0) >= (this.parts[name]?.revision ?? 0)) {
      this.parts[name] = part;
    }
  }

  private readState(): void {
    for (const name of this.names) {
      const part = this.model.get(name);
      if (part && typeof part === "object") this.takePart(name, part as Part);
    }
    this.onchange();
  }

  private readRows(): void {
    const meta = this.model.get("rows_meta") as TableMeta | undefined;
    const rows = this.model.get("rows");
    if (meta?.columns && rows) this.table.take(meta, rows as DataView);
  }

  private acknowledge(): void {
    const send = () => {
      clearTimeout(this.ackTimer);
      this.ackTimer = undefined;
      if (this.acknowledged === this.last) return;
      this.acknowledged = this.last;
      this.model.send({ type: "ack", view: this.view, sequence: this.last });
    };
    if (this.last - this.acknowledged >= ACK_EVERY) send();
    else this.ackTimer ??= setTimeout(send, ACK_MS);
  }

  private settle(id: string): void {
    const [view, number] = id.split(":");
    if (view === this.view) this.waiting.delete(Number(number));
  }

  private expectAnswer(): void {
    this.answerTimer ??= setTimeout(() => this.setLink("waiting"), ANSWER_MS);
  }

  /** A frame shows that the sender lives, not that it reads: commands may still wait. */
  private answered(): void {
    if (this.attaching || this.waiting.size > 0) return;
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
    this.setLink("live");
  }

  private setLink(link: Link): void {
    if (this.link === link) return;
    this.link = link;
    this.onchange();
  }

  /** Whether the model was restored with a kernel behind it. */
  private async commLive(): Promise<boolean> {
    try {
      const key = String(this.model.get("key") ?? "");
      const model = await this.model.widget_manager?.get_model?.(key);
      return model?.comm_live ?? true;
    } catch {
      return true;
    }
  }
}
