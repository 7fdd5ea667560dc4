// The window onto the graph: it scrolls, is dragged, and zooms with Ctrl and the wheel.

import { h, setAttributes, setText } from "./dom";

const SMALLEST = 0.2;
const LARGEST = 3;
/** Below this, what stands in the nodes can hardly be read. */
const LEGIBLE = 0.75;

export class GraphArea {
  readonly element = h("div", { class: "wb-flow-area" });
  readonly bar: HTMLElement;
  private readonly level = h("span", { class: "wb-flow-level" });
  private size = { width: 1, height: 1 };
  private zoom = 1;
  /** Until the reader zooms, the graph is fitted to the room it has. */
  private fitted = true;

  constructor(
    private readonly svg: SVGSVGElement,
    signal: AbortSignal,
  ) {
    this.element.append(svg);
    this.bar = h(
      "div",
      { class: "wb-flow-zoom", role: "group", "aria-label": "Zoom" },
      this.button("zoom-out", "−", "Zoom out (−, or Ctrl and the wheel)", () => this.zoomBy(1 / 1.25), signal),
      this.level,
      this.button("zoom-in", "+", "Zoom in (+, or Ctrl and the wheel)", () => this.zoomBy(1.25), signal),
      this.button("fit", "Fit", "Fit: show the whole graph (0)", () => this.fit(true), signal),
    );
    this.listen(signal);
    let width = 0;
    const watch = new ResizeObserver(() => {
      if (this.fitted && this.element.clientWidth !== width) this.fit(false);
      width = this.element.clientWidth;
    });
    watch.observe(this.element);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  show(size: { width: number; height: number }): void {
    this.size = size;
    this.fitted = true;
    this.fit(false);
  }

  /** Show the whole width, or with `all` the whole graph even if that is illegible. */
  fit(all: boolean): void {
    const highest = Number.parseFloat(getComputedStyle(this.element).maxHeight) || this.size.height;
    const room = { width: this.element.clientWidth || this.size.width, height: highest };
    const across = (room.width - 2) / this.size.width;
    const along = (room.height - 2) / this.size.height;
    // Large on a wide screen, but not so that it has to be scrolled for it.
    const most = room.width > 1000 ? Math.max(1, Math.min(1.35, along)) : 1;
    const wanted = all ? Math.min(across, along) : Math.max(LEGIBLE, across);
    this.fitted = !all;
    this.set(Math.min(wanted, most));
    if (!all) this.element.scrollLeft = (this.svg.clientWidth - room.width) / 2;
  }

  zoomBy(factor: number, at?: { x: number; y: number }): void {
    const { element } = this;
    const point = at ?? { x: element.clientWidth / 2, y: element.clientHeight / 2 };
    const before = this.zoom;
    this.fitted = false;
    this.set(this.zoom * factor);
    const grown = this.zoom / before;
    element.scrollLeft = (element.scrollLeft + point.x) * grown - point.x;
    element.scrollTop = (element.scrollTop + point.y) * grown - point.y;
  }

  /** Scroll so that a box can be seen, with something around it. */
  reveal(box: { x: number; y: number; width: number; height: number }): void {
    const { element, zoom } = this;
    const margin = 30;
    const within = (start: number, room: number, low: number, high: number) => {
      if (low - margin < start) return Math.max(0, low - margin);
      return high + margin > start + room ? high + margin - room : start;
    };
    element.scrollLeft = within(element.scrollLeft, element.clientWidth, (box.x - box.width / 2) * zoom, (box.x + box.width / 2) * zoom);
    element.scrollTop = within(element.scrollTop, element.clientHeight, (box.y - box.height / 2) * zoom, (box.y + box.height / 2) * zoom);
  }

  private set(zoom: number): void {
    this.zoom = Math.max(SMALLEST, Math.min(LARGEST, zoom));
    setAttributes(this.svg, {
      width: Math.round(this.size.width * this.zoom),
      height: Math.round(this.size.height * this.zoom),
    });
    setText(this.level, `${Math.round(100 * this.zoom)}\u202f%`);
  }

  private listen(signal: AbortSignal): void {
    const { element } = this;
    element.addEventListener(
      "wheel",
      (event) => {
        // Without Ctrl the wheel scrolls, here and then the notebook.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const { left, top } = element.getBoundingClientRect();
        this.zoomBy(Math.exp(-event.deltaY * 0.002), { x: event.clientX - left, y: event.clientY - top });
      },
      { signal, passive: false },
    );
    let from: { x: number; y: number; left: number; top: number } | undefined;
    element.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0 || event.pointerType === "touch") return;
        if ((event.target as Element).closest("[data-node]")) return;
        from = { x: event.clientX, y: event.clientY, left: element.scrollLeft, top: element.scrollTop };
        element.setPointerCapture(event.pointerId);
        element.classList.add("wb-dragged");
      },
      { signal },
    );
    element.addEventListener(
      "pointermove",
      (event) => {
        if (!from) return;
        element.scrollLeft = from.left + from.x - event.clientX;
        element.scrollTop = from.top + from.y - event.clientY;
      },
      { signal },
    );
    for (const name of ["pointerup", "pointercancel"] as const) {
      element.addEventListener(
        name,
        () => {
          from = undefined;
          element.classList.remove("wb-dragged");
        },
        { signal },
      );
    }
  }

  private button(key: string, text: string, label: string, action: () => void, signal: AbortSignal): HTMLButtonElement {
    const button = h("button", { type: "button", class: "wb-button wb-small", title: label, "aria-label": label, "data-key": key }, text);
    button.addEventListener("click", action, { signal });
    return button;
  }
}
