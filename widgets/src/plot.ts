// What charts on a canvas share: the box, the axes, lines and bands with gaps.

import type { Scale } from "./scales";
import type { Colours } from "./theme";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Place = (row: number) => number;

const FONT = "12px ";

/** Fit the canvas to its element in device pixels; undefined where nothing can be drawn. */
export function prepare(canvas: HTMLCanvasElement, element: HTMLElement): CanvasRenderingContext2D | undefined {
  const [width, height] = [element.clientWidth, element.clientHeight];
  const context = canvas.getContext("2d");
  if (!context || width < 60 || height < 60) return undefined;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = width * ratio;
  if (canvas.height !== Math.round(height * ratio)) canvas.height = height * ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT + getComputedStyle(element).fontFamily;
  return context;
}

/** The box that labels and titles leave. */
export function boxFor(context: CanvasRenderingContext2D, element: HTMLElement, yScale: Scale): Box {
  const labels = Math.max(0, ...yScale.ticks.map((t) => context.measureText(t.label).width));
  const left = Math.ceil(labels) + 16;
  return { left, top: 26, width: element.clientWidth - left - 16, height: element.clientHeight - 26 - 44 };
}

export function drawAxes(
  context: CanvasRenderingContext2D,
  paint: Colours,
  box: Box,
  yScale: Scale,
  xScale: Scale | undefined,
  yTitle: string,
  xTitle: string,
): void {
  const { left, top, width, height } = box;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of yScale.ticks) {
    const y = Math.round(top + height * (1 - yScale.place(tick.value))) + 0.5;
    context.strokeStyle = paint.grid;
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.fillStyle = paint.muted;
    context.fillText(tick.label, left - 8, y);
  }
  context.textAlign = "left";
  context.fillStyle = paint.text;
  context.fillText(yTitle, 4, 10);
  drawXAxis(context, paint, box, xScale, xTitle);
}

/** The ticks and the title below a box; no ticks without a scale. */
export function drawXAxis(
  context: CanvasRenderingContext2D,
  paint: Colours,
  { left, top, width, height }: Box,
  xScale: Scale | undefined,
  xTitle: string,
): void {
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillStyle = paint.text;
  context.fillText(xTitle, left + width / 2, top + height + 34);
  if (!xScale) return;
  context.fillStyle = paint.muted;
  context.strokeStyle = paint.muted;
  for (const tick of xScale.ticks) {
    const x = Math.round(left + width * xScale.place(tick.value)) + 0.5;
    context.beginPath();
    context.moveTo(x, top + height);
    context.lineTo(x, top + height + 4);
    context.stroke();
    context.fillText(tick.label, x, top + height + 14);
  }
}

/** A line through rows, or steps that hold until the next; broken where values are missing. */
export function strokeLine(
  context: CanvasRenderingContext2D,
  rows: number,
  x: Place,
  y: Place,
  stepped: boolean,
): void {
  context.beginPath();
  let lastY = NaN;
  for (let row = 0; row < rows; row++) {
    const [nowX, nowY] = [x(row), y(row)];
    if (Number.isNaN(nowY)) {
      lastY = NaN;
    } else if (Number.isNaN(lastY)) {
      context.moveTo(nowX, nowY);
      lastY = nowY;
    } else {
      if (stepped) context.lineTo(nowX, lastY);
      context.lineTo(nowX, nowY);
      lastY = nowY;
    }
  }
  context.stroke();
}

/** Fill between two rows of values, in pieces where values are missing. */
export function fillBand(
  context: CanvasRenderingContext2D,
  rows: number,
  x: Place,
  low: Place,
  high: Place,
  stepped = false,
): void {
  let start = 0;
  while (start < rows) {
    while (start < rows && Number.isNaN(low(start))) start++;
    let end = start;
    while (end < rows && !Number.isNaN(low(end))) end++;
    if (end - start > 1) {
      context.beginPath();
      for (let row = start; row < end; row++) {
        if (stepped && row > start) context.lineTo(x(row), high(row - 1));
        context.lineTo(x(row), high(row));
      }
      for (let row = end - 1; row >= start; row--) {
        context.lineTo(x(row), low(row));
        if (stepped && row > start) context.lineTo(x(row), low(row - 1));
      }
      context.closePath();
      context.fill();
    }
    start = end;
  }
}
