// What anywidget gives a panel, as far as the panels use it.

export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event: string, callback: (...args: any[]) => void): void;
  widget_manager?: { get_model?(id: string): Promise<LiveModel> | undefined };
}

export interface LiveModel {
  comm_live?: boolean;
}

export interface RenderContext {
  model: WidgetModel;
  el: HTMLElement;
  signal: AbortSignal;
}
