// What anywidget gives a panel, as far as the panels use it.

export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event: string, callback: (...args: any[]) => void): void;
  widget_manager?: WidgetManager;
}

export interface WidgetManager {
  get_model?(id: string): Promise<LiveModel> | undefined;
  create_view?(model: LiveModel, options: object): Promise<ChildView>;
}

export interface LiveModel {
  comm_live?: boolean;
}

export interface ChildView {
  el: HTMLElement;
  remove(): void;
}

/** What newer hosts give for widgets in widgets; marimo has no other way. */
export interface WidgetHost {
  getWidget(reference: string): Promise<{ render(options: { el: HTMLElement; signal: AbortSignal }): Promise<void> }>;
}

export interface RenderContext {
  model: WidgetModel;
  el: HTMLElement;
  signal: AbortSignal;
  host?: WidgetHost;
}
