import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Channel } from "../src/channel";
import { FakeModel } from "./fake_model";

const PARTS = ["state", "counters"];
let model: FakeModel;
let abort: AbortController;

async function attached(traits: Record<string, unknown> = {}): Promise<Channel> {
  model = new FakeModel(traits);
  const channel = new Channel(model, PARTS, abort.signal);
  await channel.attach();
  return channel;
}

function table(first: number, rows: number) {
  return { table: { first, rows, columns: ["x", "y"] } };
}

beforeEach(() => {
  vi.useFakeTimers();
  abort = new AbortController();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("attaching", () => {
  it("asks for a snapshot and ignores frames until it comes", async () => {
    const channel = await attached();
    expect(model.ofType("attach")).toHaveLength(1);
    model.frame(41, { parts: { state: { status: "old", revision: 9 } } });
    expect(channel.part("state")).toEqual({});
    model.frame(42, { snapshot: true, parts: { state: { status: "running", revision: 10 } } });
    expect(channel.part("state").status).toBe("running");
    expect(channel.link).toBe("live");
  });

  it("does not try without a kernel, and says so", async () => {
    model = new FakeModel({ state: { status: "finished", revision: 3 } });
    model.live = false;
    const channel = new Channel(model, PARTS, abort.signal);
    await channel.attach();
    expect(channel.link).toBe("none");
    expect(model.sent).toEqual([]);
    expect(channel.part("state").status).toBe("finished");
  });

  it("joins when a kernel comes back", async () => {
    model = new FakeModel();
    model.live = false;
    const channel = new Channel(model, PARTS, abort.signal);
    await channel.attach();
    model.live = true;
    model.emit("comm_live_update");
    await vi.advanceTimersByTimeAsync(0);
    expect(model.ofType("attach")).toHaveLength(1);
    model.frame(1, { snapshot: true });
    expect(channel.link).toBe("live");
  });

  it("says that the kernel is silent, and asks again", async () => {
    const channel = await attached();
    await vi.advanceTimersByTimeAsync(600);
    expect(channel.link).toBe("waiting");
    await vi.advanceTimersByTimeAsync(5000);
    expect(model.ofType("attach")).toHaveLength(2);
  });

  it("shows saved state and saved rows before any frame", async () => {
    const rows = new Float32Array([1, 2, 3, 4]);
    const channel = await attached({
      state: { status: "paused", revision: 7 },
      rows_meta: table(0, 2).table,
      rows: new DataView(rows.buffer),
    });
    expect(channel.part("state").status).toBe("paused");
    expect(channel.table.length).toBe(2);
    expect(channel.table.column("y")(1)).toBe(4);
  });
});

describe("frames", () => {
  it("asks for a snapshot after a gap in the numbers", async () => {
    const channel = await attached();
    model.frame(1, { snapshot: true });
    model.frame(2);
    model.frame(4, { parts: { state: { status: "x", revision: 5 } } });
    expect(model.ofType("attach")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(model.ofType("attach")).toHaveLength(2);
    expect(channel.part("state")).toEqual({});
  });

  it("asks for a snapshot if rows are missing", async () => {
    await attached();
    model.frame(1, { snapshot: true, ...table(0, 1) }, new Float32Array([1, 1]));
    model.frame(2, table(5, 1), new Float32Array([6, 6]));
    await vi.advanceTimersByTimeAsync(0);
    expect(model.ofType("attach")).toHaveLength(2);
  });

  it("appends rows, and starts again where the first row is sent", async () => {
    const channel = await attached();
    model.frame(1, { snapshot: true, ...table(0, 1) }, new Float32Array([1, 10]));
    model.frame(2, table(1, 2), new Float32Array([2, 20, 3, 30]));
    const y = channel.table.column("y");
    expect([0, 1, 2].map(y)).toEqual([10, 20, 30]);
    model.frame(3, table(0, 1), new Float32Array([3, 33]));
    expect(channel.table.length).toBe(1);
    expect(channel.table.column("y")(0)).toBe(33);
  });

  it("reads a buffer that starts anywhere in its message", async () => {
    const channel = await attached();
    const message = new Uint8Array(11);
    message.set(new Uint8Array(new Float32Array([5, 6]).buffer), 3);
    const view = new DataView(message.buffer, 3, 8);
    model.emit("msg:custom", { type: "frame", sequence: 1, snapshot: true, parts: {}, ...table(0, 1) }, [view]);
    expect(channel.table.column("x")(0)).toBe(5);
  });

  it("keeps the higher revision, whichever channel brings it", async () => {
    const channel = await attached();
    model.frame(1, { snapshot: true, parts: { counters: { n: 5, revision: 5 } } });
    model.traits.counters = { n: 4, revision: 4 };
    model.emit("change:counters");
    expect(channel.part("counters").n).toBe(5);
    model.traits.counters = { n: 6, revision: 6 };
    model.emit("change:counters");
    expect(channel.part("counters").n).toBe(6);
  });
});

describe("acknowledgements", () => {
  it("come every ten frames", async () => {
    await attached();
    model.frame(1, { snapshot: true });
    for (let n = 2; n <= 30; n++) model.frame(n);
    expect(model.ofType("ack").map((message) => message.sequence)).toEqual([10, 20, 30]);
  });

  it("come for the last frames too, a little later", async () => {
    await attached();
    model.frame(1, { snapshot: true });
    model.frame(2);
    expect(model.ofType("ack")).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(model.ofType("ack").map((message) => message.sequence)).toEqual([2]);
  });
});

describe("commands", () => {
  it("show that they wait until the kernel has obeyed, even while frames come", async () => {
    const channel = await attached();
    model.frame(1, { snapshot: true });
    channel.send("pause");
    const { id } = model.ofType("command")[0]!;
    await vi.advanceTimersByTimeAsync(600);
    expect(channel.link).toBe("waiting");
    model.frame(2);
    expect(channel.link).toBe("waiting");
    model.emit("msg:custom", { type: "handled", ids: [id] }, []);
    expect(channel.link).toBe("live");
  });

  it("of two views do not answer each other", async () => {
    const channel = await attached();
    const other = new Channel(model, PARTS, abort.signal);
    await other.attach();
    model.frame(1, { snapshot: true });
    channel.send("pause");
    other.send("pause");
    const [first, second] = model.ofType("command");
    expect(first!.id).not.toBe(second!.id);
    await vi.advanceTimersByTimeAsync(600);
    model.emit("msg:custom", { type: "handled", ids: [first!.id] }, []);
    expect([channel.link, other.link]).toEqual(["live", "waiting"]);
  });
});

it("a view that goes leaves nothing behind and says so", async () => {
  await attached();
  abort.abort();
  expect(model.listeners()).toBe(0);
  expect(model.ofType("detach")).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(model.ofType("attach")).toHaveLength(1);
});
