import { useMemo } from 'preact/hooks';
import type { FlowView } from '../../../src/protocol/board-api.ts';
import { joinedEdges } from './joined-edges.ts';
import { layOut, NODE_HEIGHT, NODE_WIDTH } from './layout.ts';
import { shorten, wrapText } from './wrap-text.ts';

const TEXT_CHARACTERS = 29;
const LABEL_CHARACTERS = 22;
const WIDTH_MIN_PX = 1.25;
const WIDTH_MAX_PX = 7;

/** The flow as a picture; the page has the same as a list. */
export function FlowDrawing({ view }: { readonly view: FlowView }) {
  const edges = joinedEdges(view);
  // Counts change every few seconds, the graph only with the flow.
  const shape = JSON.stringify([view.start, view.nodes, edges.map(({ from, to }) => [from, to])]);
  // Laid out anew only for another shape.
  const layout = useMemo(
    () =>
      layOut(
        view.nodes.map(({ id }) => id),
        edges.map(({ from, to }, index) => ({ from, to, index })),
        view.start,
      ),
    [shape],
  );
  const most = Math.max(1, ...edges.map(({ callsToday }) => callsToday));
  return (
    <svg
      class="flow-drawing"
      width={layout.width}
      height={layout.height}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      role="img"
      aria-label={`The flow ${view.name} as a graph of ${view.nodes.length} nodes; the list below says the same.`}
    >
      <defs>
        <marker
          id="tip"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0.5 8 4 0 7.5Z" class="tip" />
        </marker>
      </defs>
      {layout.arrows.map(({ arrow, path }) => {
        const calls = edges[arrow.index]?.callsToday ?? 0;
        const width = WIDTH_MIN_PX + ((WIDTH_MAX_PX - WIDTH_MIN_PX) * calls) / most;
        return (
          <path
            key={arrow.index}
            d={path}
            class={calls > 0 ? 'way gone' : 'way'}
            stroke-width={width}
            marker-end="url(#tip)"
          />
        );
      })}
      {view.nodes.map(({ id, kind, text }) => {
        const place = layout.places.get(id)!;
        return (
          <g key={id} class={`node ${kind}`} transform={`translate(${place.x} ${place.y})`}>
            <title>{text}</title>
            <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="12" />
            <text x="14" y="25" class="id">
              {shorten(id, 22)}
            </text>
            <text x={NODE_WIDTH - 14} y="25" class="kind" text-anchor="end">
              {id === view.start ? 'start' : kind}
            </text>
            {wrapText(text, TEXT_CHARACTERS, 2).map((line, index) => (
              <text key={line} x="14" y={48 + 18 * index} class="prompt">
                {line}
              </text>
            ))}
          </g>
        );
      })}
      {layout.arrows.map(({ arrow, label }) => {
        const edge = edges[arrow.index];
        if (edge === undefined || (edge.label === '' && edge.callsToday === 0)) return null;
        return (
          <text key={arrow.index} x={label.x} y={label.y} class="label" text-anchor={label.anchor}>
            <title>{edge.label}</title>
            {shorten(edge.label, LABEL_CHARACTERS)}
            <tspan class="calls" dx={edge.label === '' ? 0 : 6}>
              {edge.callsToday}
            </tspan>
          </text>
        );
      })}
    </svg>
  );
}
