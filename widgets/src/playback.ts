// Where the reader wants to be, and how fast: asks the kernel for one step at a time.

export interface Pace {
  /** Steps a second. */
  rate: number;
  unit: "step" | "example";
}

export class Playback {
  playing = false;
  pace: Pace = { rate: 4, unit: "step" };
  private wanted = 0;
  private asked: number | undefined;
  private step = 0;
  private steps = 1;
  private began = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (step: number) => void,
    private readonly askExample: (count: number) => void,
    private readonly changed: () => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** A slider moves faster than the kernel answers: only the newest wish is sent. */
  go(step: number): void {
    this.wanted = Math.max(0, Math.min(this.steps - 1, Math.round(step)));
    if (this.asked === undefined && this.wanted !== this.step) this.send();
  }

  move(count: number): void {
    this.go((this.asked === undefined ? this.step : this.wanted) + count);
  }

  example(count: number): void {
    this.askExample(count);
  }

  play(on: boolean): void {
    this.playing = on && this.step < this.steps - 1;
    clearTimeout(this.timer);
    if (this.playing) this.next();
    this.changed();
  }

  /** The kernel shows a step. */
  arrived(step: number, steps: number): void {
    const news = step !== this.step;
    this.step = step;
    this.steps = steps;
    if (step === this.asked) {
      this.asked = undefined;
      if (this.wanted !== step) return this.send();
    } else if (news) {
      // Somebody else moved it: another view, a cell, the next example.
      this.asked = undefined;
      this.wanted = step;
    }
    if (!this.playing || !news) return;
    if (step >= steps - 1) this.play(false);
    else this.later();
  }

  private send(): void {
    this.asked = this.wanted;
    this.ask(this.wanted);
  }

  /** The kernel's answer is part of the time between two steps. */
  private later(): void {
    clearTimeout(this.timer);
    const due = this.began + 1000 / this.pace.rate - performance.now();
    this.timer = setTimeout(() => this.next(), Math.max(0, due));
  }

  private next(): void {
    this.began = performance.now();
    if (this.pace.unit === "step") this.move(1);
    else this.askExample(1);
  }
}
