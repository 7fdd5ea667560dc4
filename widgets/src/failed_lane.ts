// The lane below the curve: which share of the population failed, on the curve's x axis.

import type { Box } from "./plot";
import type { Scale } from "./scales";
import type { Table } from "./table";
import type { Colours } from "./theme";

const [GAP, DEPTH] = [32, 24];
/** What the lane reaches up to, as a percentage: the least that holds the largest share. */
const TOPS = [2, 5, 10, 20, 50, 100];
const TITLE = "Failed (% of the population)";
const UNKNOWN = "not recorded";

export class FailedLane {
  /** Room below the curve: none where no point has the share. */
  height = 0;
  /** The percentage at the upper edge. */
  private most = 100;

  constructor(private readonly table: Table) {}

  /** Make room for what the table has now. */
  fit(): void {
    const largest = this.largest();
    this.height = this.table.length > 0 && Number.isNaN(largest) ? 0 : GAP + DEPTH;
    this.most = TOPS.find((top) => 100 * largest <= top) ?? 100;
  }

  /** Draw it below the box of the curve. */
  draw(context: CanvasRenderingContext2D, paint: Colours, box: Box, xScale: Scale, xAxis: string): void {
    if (this.height === 0) return;
    const { left, width } = box;
    const [top, bottom] = [box.top + box.height + GAP, box.top + box.height + GAP + DEPTH];
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillStyle = paint.text;
    context.fillText(TITLE, 4, top - 15);
    context.textAlign = "right";
    context.lineWidth = 1;
    for (const [y, label] of [[top, `${this.most}\u202f%`], [bottom, "0"]] as const) {
      context.strokeStyle = paint.grid;
      context.beginPath();
      context.moveTo(left, Math.round(y) + 0.5);
      context.lineTo(left + width, Math.round(y) + 0.5);
      context.stroke();
      context.fillStyle = paint.muted;
      context.fillText(label, left - 8, y);
    }
    const [axis, share] = [this.table.column(xAxis), this.table.column("failed")];
    const x = (row: number) => left + width * xScale.place(axis(row));
    const y = (row: number) => bottom - (DEPTH * 100 * share(row)) / this.most;
    this.fill(context, paint, x, y, bottom);
    this.tellUnknown(context, paint, left, x, (top + bottom) / 2);
  }

  /** A filled line, broken where the share was not recorded. */
  private fill(
    context: CanvasRenderingContext2D,
    paint: Colours,
    x: (row: number) => number,
    y: (row: number) => number,
    bottom: number,
  ): void {
    context.fillStyle = context.strokeStyle = paint.bad;
    context.lineWidth = 1.25;
    context.lineJoin = "round";
    const rows = this.table.length;
    for (let row = 0; row < rows; row++) {
      if (Number.isNaN(y(row))) continue;
      const first = row;
      context.beginPath();
      context.moveTo(x(row), y(row));
      while (row + 1 < rows && !Number.isNaN(y(row + 1))) context.lineTo(x(++row), y(row));
      context.stroke();
      context.lineTo(x(row), bottom);
      context.lineTo(x(first), bottom);
      context.globalAlpha = 0.3;
      context.fill();
      context.globalAlpha = 1;
    }
  }

  /** Say of the beginning that nobody wrote it down, where there is room to say it. */
  private tellUnknown(
    context: CanvasRenderingContext2D,
    paint: Colours,
    left: number,
    x: (row: number) => number,
    y: number,
  ): void {
    const share = this.table.column("failed");
    let row = 0;
    while (row < this.table.length && Number.isNaN(share(row))) row++;
    if (row === 0 || x(row) - left < context.measureText(UNKNOWN).width + 12) return;
    context.textAlign = "left";
    context.fillStyle = paint.muted;
    context.fillText(UNKNOWN, left + 6, y);
  }

  /** The largest share; NaN where none was recorded. */
  private largest(): number {
    const share = this.table.column("failed");
    let largest = NaN;
    for (let row = 0; row < this.table.length; row++) {
      if (!(share(row) <= largest) && !Number.isNaN(share(row))) largest = share(row);
    }
    return largest;
  }
}
