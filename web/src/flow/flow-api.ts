/** The loaded flow as the board's API tells it (README, "Watch the calls"). */
export interface FlowNode {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly callsToday: number;
}

export interface FlowView {
  readonly name: string;
  /** Of the flow's text. */
  readonly version: string;
  /** All flows that are served, the default first. */
  readonly names: readonly string[];
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  readonly start: string;
}
