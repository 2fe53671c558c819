/**
 * A layered drawing after Sugiyama: rows by rank, stops for arrows that pass a row, fewer crossings by sorting each row to
 * the middle of its neighbours, then places as near to them as the row's order allows. Pure; lengths in pixels.
 */
import { type Arrow, rankNodes } from './ranks.ts';

export const NODE_WIDTH = 216;
export const NODE_HEIGHT = 84;
const STOP_WIDTH = 28;
const GAP_X = 36;
const GAP_Y = 84;
const MARGIN = 24;
/** How far an arrow that leads back up stays right of the nodes that it passes. */
const BACK_GAP = 20;
/** Room for its label, right of it. */
const BACK_LABEL_WIDTH = 150;
const SWEEPS = 12;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedArrow<A extends Arrow> {
  readonly arrow: A;
  /** An SVG path. */
  readonly path: string;
  /** Where the label has its middle, or its start where it stands beside the arrow. */
  readonly label: Point & { readonly anchor: 'middle' | 'start' };
}

export interface Layout<A extends Arrow> {
  readonly width: number;
  readonly height: number;
  /** Upper left corners. */
  readonly places: ReadonlyMap<string, Point>;
  readonly arrows: readonly PlacedArrow<A>[];
}

/** A node, or the stop of an arrow in a row that it passes. `x` is its middle. */
interface Spot {
  readonly width: number;
  readonly above: Spot[];
  readonly below: Spot[];
  x: number;
}

export function layOut<A extends Arrow>(
  ids: readonly string[],
  arrows: readonly A[],
  start: string,
): Layout<A> {
  const { rankOf, forward, back } = rankNodes(ids, arrows, start);
  const rows: Spot[][] = [];
  const newSpot = (rank: number, width: number): Spot => {
    const spot: Spot = { width, above: [], below: [], x: 0 };
    while (rows.length <= rank) rows.push([]);
    rows[rank]!.push(spot);
    return spot;
  };
  const spots = new Map(ids.map((id) => [id, newSpot(rankOf.get(id)!, NODE_WIDTH)]));
  const routes = forward.map((arrow) => {
    const route = [spots.get(arrow.from)!];
    for (let rank = rankOf.get(arrow.from)! + 1; rank < rankOf.get(arrow.to)!; rank++) {
      route.push(newSpot(rank, STOP_WIDTH));
    }
    route.push(spots.get(arrow.to)!);
    for (let index = 1; index < route.length; index++) {
      route[index - 1]!.below.push(route[index]!);
      route[index]!.above.push(route[index - 1]!);
    }
    return { arrow, route };
  });
  place(rows);

  const left = Math.min(0, ...rows.flat().map(({ x, width }) => x - width / 2)) - MARGIN;
  const right = Math.max(0, ...rows.flat().map(({ x, width }) => x + width / 2));
  const topOf = (rank: number): number => MARGIN + rank * (NODE_HEIGHT + GAP_Y);
  const places = new Map(
    ids.map((id) => [id, { x: spots.get(id)!.x - left - NODE_WIDTH / 2, y: topOf(rankOf.get(id)!) }]),
  );
  const down = routes.map(({ arrow, route }) => {
    const points = route.flatMap(({ x }, index) => {
      const top = topOf(rankOf.get(arrow.from)! + index);
      // A stop is passed straight, from the row's top to its foot.
      return index === 0
        ? [{ x: x - left, y: top + NODE_HEIGHT }]
        : index === route.length - 1
          ? [{ x: x - left, y: top }]
          : [
              { x: x - left, y: top },
              { x: x - left, y: top + NODE_HEIGHT },
            ];
    });
    return {
      arrow,
      path: downPath(points),
      label: { ...middle(points[0]!, points[1]!), anchor: 'middle' as const },
    };
  });
  const up = back.map((arrow) => backArrow(arrow, places));
  const backRight = Math.max(0, ...up.map(({ label }) => label.x + BACK_LABEL_WIDTH));
  return {
    width: Math.max(right - left + MARGIN, backRight),
    height: topOf(Math.max(0, rows.length - 1)) + NODE_HEIGHT + MARGIN,
    places,
    arrows: [...down, ...up],
  };
}

function place(rows: readonly Spot[][]): void {
  for (const row of rows)
    pack(
      row,
      row.map((_, index) => index * (NODE_WIDTH + GAP_X)),
    );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : [...rows].reverse()) {
      const wanted = new Map(
        row.map((spot) => {
          const near = isDown ? spot.above : spot.below;
          return [spot, near.length === 0 ? spot.x : near.reduce((sum, { x }) => sum + x, 0) / near.length];
        }),
      );
      // The order is found first and then left alone, so that places settle.
      if (sweep < SWEEPS - 4) row.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
      pack(
        row,
        row.map((spot) => wanted.get(spot)!),
      );
    }
  }
}

/**
 * As near to the wanted places as no overlap allows: pushed to the right only, then to the left only, then the mean of both,
 * which keeps every distance that both keep.
 */
function pack(row: readonly Spot[], wanted: readonly number[]): void {
  const apart = (index: number): number => (row[index]!.width + row[index + 1]!.width) / 2 + GAP_X;
  const toRight = [...wanted];
  for (let index = 1; index < row.length; index++) {
    toRight[index] = Math.max(toRight[index]!, toRight[index - 1]! + apart(index - 1));
  }
  const toLeft = [...wanted];
  for (let index = row.length - 2; index >= 0; index--) {
    toLeft[index] = Math.min(toLeft[index]!, toLeft[index + 1]! - apart(index));
  }
  row.forEach((spot, index) => {
    spot.x = (toRight[index]! + toLeft[index]!) / 2;
  });
}

function downPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  let path = `M ${at(first!)}`;
  let before = first!;
  for (const point of rest) {
    const bendY = (before.y + point.y) / 2;
    path += ` C ${at({ x: before.x, y: bendY })} ${at({ x: point.x, y: bendY })} ${at(point)}`;
    before = point;
  }
  return path;
}

/** Out of the right side, and in again at the right side above. */
function backArrow<A extends Arrow>(arrow: A, places: ReadonlyMap<string, Point>): PlacedArrow<A> {
  const [from, to] = [places.get(arrow.from)!, places.get(arrow.to)!];
  const isLoop = arrow.from === arrow.to;
  const out = { x: from.x + NODE_WIDTH, y: from.y + NODE_HEIGHT * (isLoop ? 0.7 : 0.5) };
  const into = { x: to.x + NODE_WIDTH, y: to.y + NODE_HEIGHT * (isLoop ? 0.3 : 0.5) };
  const passed = [...places.values()]
    .filter(({ y }) => y >= to.y && y <= from.y)
    .map(({ x }) => x + NODE_WIDTH);
  const peakX = (isLoop ? out.x : Math.max(...passed)) + BACK_GAP;
  // Half way, a curve has gone three quarters of the way to its two handles.
  const bendX = (peakX - (out.x + into.x) / 8) / 0.75;
  const path = `M ${at(out)} C ${at({ x: bendX, y: out.y })} ${at({ x: bendX, y: into.y })} ${at(into)}`;
  return { arrow, path, label: { x: peakX + 6, y: (out.y + into.y) / 2 + 4, anchor: 'start' } };
}

function middle(from: Point, to: Point): Point {
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
}

function at({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
