// The head of the panel: what state the search is in, and the buttons that change it.

import type { Channel } from "./channel";
import { h, icon, setAttributes, setText, type IconName } from "./dom";
import { short } from "./format";

type Primary = "start" | "again" | "pause" | "resume";

const PRIMARY: Record<Primary, { label: string; icon: IconName }> = {
  start: { label: "Start", icon: "running" },
  again: { label: "Start new", icon: "running" },
  pause: { label: "Pause", icon: "paused" },
  resume: { label: "Resume", icon: "running" },
};

export const STATUS_LABEL: Record<string, string> = {
  ready: "Ready",
  preparing: "Compiling…",
  running: "Running",
  pausing: "Pausing…",
  paused: "Paused",
  stopping: "Stopping…",
  stopped: "Stopped",
  finished: "Finished",
  failed: "Failed",
};

export interface ControlOptions {
  /** Whether single steps can be made. */
  steps: boolean;
  /** What the head says without a kernel. */
  noKernel: string;
}

const SEARCH: ControlOptions = {
  steps: true,
  noKernel: "No kernel is attached: this is the last saved state. Run the cell to search again.",
};

export class Controls {
  readonly element: HTMLElement;
  private readonly chip = h("span", { class: "wb-chip" });
  private readonly chipLabel = h("span", { role: "status" });
  private readonly detail = h("span", { class: "wb-detail" });
  private readonly primary = h("button", { type: "button", class: "wb-button wb-primary" });
  private readonly step: HTMLButtonElement;
  private readonly stepSize: HTMLInputElement;
  private readonly stop: HTMLButtonElement;
  private readonly problem: HTMLElement;
  private action: Primary = "start";

  constructor(
    private readonly channel: Channel,
    private readonly beforeCommand: () => void,
    title: string,
    signal: AbortSignal,
    private readonly options: ControlOptions = SEARCH,
  ) {
    this.step = button("Step", "step");
    this.stop = button("Stop", "stopped");
    this.stepSize = h("input", {
      class: "wb-step-size",
      value: "1000",
      inputmode: "numeric",
      "aria-label": "Individuals in a step",
      title: "Individuals in a step",
      "data-key": "step-size",
    });
    setAttributes(this.primary, { "data-key": "primary" });
    setAttributes(this.step, { "data-key": "step" });
    setAttributes(this.stop, { "data-key": "stop" });
    this.problem = h("p", { class: "wb-problem", role: "alert", hidden: true });
    this.element = h(
      "div",
      { class: "wb-head" },
      h("h3", { class: "wb-title" }, title),
      h("div", { class: "wb-status" }, this.chip, this.detail),
      h(
        "div",
        { class: "wb-transport", role: "group", "aria-label": "Run" },
        this.primary,
        options.steps && h("span", { class: "wb-step" }, this.step, this.stepSize),
        this.stop,
      ),
      this.problem,
    );
    this.onClick(this.primary, () => this.command(commandOf(this.action)), signal);
    this.onClick(this.stop, () => this.command("stop"), signal);
    this.onClick(this.step, () => this.sendStep(), signal);
    this.stepSize.addEventListener(
      "keydown",
      (event) => {
        event.stopPropagation();
        if (event.key === "Enter") this.step.click();
      },
      { signal },
    );
  }

  /** Start, pause or go on; never begin anew, which would discard a result. */
  play(): void {
    if (this.action !== "again" && this.primary.getAttribute("aria-disabled") !== "true") this.primary.click();
  }

  update(): void {
    const state = this.channel.part("state");
    const status = String(state.status ?? "ready");
    const noKernel = this.channel.link === "none";
    if (this.chip.dataset.status !== status) {
      this.chip.dataset.status = status;
      this.chip.replaceChildren(icon(status in STATUS_LABEL ? (status as IconName) : "ready"));
      this.chip.append(this.chipLabel);
      setText(this.chipLabel, STATUS_LABEL[status] ?? status);
    }
    setText(this.detail, this.detailText(String(state.detail ?? "")));
    this.setPrimary(primaryFor(status));
    const can = (state.can ?? {}) as Record<string, boolean>;
    enable(this.primary, !noKernel && can[commandOf(this.action)] === true);
    enable(this.step, !noKernel && can.step === true);
    enable(this.stop, !noKernel && can.stop === true);
    this.stepSize.disabled = noKernel;
    const problem = String(state.problem ?? "");
    this.problem.hidden = problem === "";
    if (this.problem.dataset.text !== problem) {
      this.problem.dataset.text = problem;
      this.problem.replaceChildren(icon("warning"), h("span", {}, problem));
    }
  }

  private detailText(detail: string): string {
    if (this.channel.link === "none") {
      return this.options.noKernel;
    }
    if (this.channel.link === "waiting") {
      return "Waiting for the kernel, which may be busy with a cell; nothing you clicked is lost.";
    }
    return detail || this.budgetText();
  }

  /** How much of the budget is used, which the bar below shows without a number. */
  private budgetText(): string {
    const { status } = this.channel.part("state");
    const { share, limit, unit } = this.channel.part("counters");
    if (!limit || !["running", "pausing", "paused"].includes(status)) return "";
    return `${Math.floor(100 * share)}\u202f% of ${short(limit)} ${unit}`;
  }

  private setPrimary(action: Primary): void {
    if (this.action === action && this.primary.childElementCount > 0) return;
    this.action = action;
    const { label, icon: name } = PRIMARY[action];
    this.primary.replaceChildren(icon(name), h("span", {}, label));
  }

  private sendStep(): void {
    const count = Number(this.stepSize.value.replace(/[\s_,]/g, ""));
    const good = Number.isInteger(count) && count >= 1;
    setAttributes(this.stepSize, {
      "aria-invalid": !good && "true",
      title: good ? "Individuals in a step" : "A whole number of individuals, 1 or more",
    });
    if (good) this.command("step", { count });
    else this.stepSize.focus();
  }

  private command(name: string, more: Record<string, unknown> = {}): void {
    this.beforeCommand();
    this.channel.send(name, more);
  }

  private onClick(target: HTMLButtonElement, action: () => void, signal: AbortSignal): void {
    target.addEventListener(
      "click",
      (event) => {
        // The second click of a double click would pause what the first one started.
        if (event.detail > 1 && target === this.primary) return;
        if (target.getAttribute("aria-disabled") !== "true") action();
      },
      { signal },
    );
  }
}

function primaryFor(status: string): Primary {
  if (status === "paused") return "resume";
  if (isActive(status)) return "pause";
  return status === "ready" ? "start" : "again";
}

function commandOf(action: Primary): string {
  return action === "again" ? "start" : action;
}

export function isActive(status: string): boolean {
  return status === "preparing" || status === "running" || status === "pausing" || status === "stopping";
}

/** Disabled buttons keep the focus: who works by keyboard is not thrown out. */
function enable(target: HTMLButtonElement, enabled: boolean): void {
  setAttributes(target, { "aria-disabled": enabled ? null : "true" });
}

function button(label: string, name: IconName): HTMLButtonElement {
  return h("button", { type: "button", class: "wb-button" }, icon(name), h("span", {}, label));
}
