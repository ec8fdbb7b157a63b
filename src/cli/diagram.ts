/**
 * A space-time diagram: a lane for each process, time downwards, one row a step, an arrow for a
 * message from where it was sent to where it arrived. As SVG, and as Mermaid's sequence diagram.
 */

export interface DiagramEvent {
  readonly lane: string
  /** The action. */
  readonly label: string
  /** What was received, or what changed. */
  readonly detail: string
  /** Whose message it was. */
  readonly from?: string | undefined
  /** Which event sent it: its place in the list. undefined: before the diagram, or unknown. */
  readonly sentAt?: number | undefined
}

export interface Diagram {
  readonly title: string
  /** Number of the first event. */
  readonly first: number
  readonly events: ReadonlyArray<DiagramEvent>
}

const byNumber = new Intl.Collator("en", { numeric: true })

/** The lanes that the events need: clients before replicas, by number. */
export const lanesOf = ({ events }: Diagram): ReadonlyArray<string> =>
  [
    ...new Set(events.flatMap(({ lane, from }) => (from === undefined ? [lane] : [from, lane]))),
  ].sort(byNumber.compare)

const laneWidth = 230
const rowHeight = 36
const margin = 60
const headHeight = 70
const detailCharacters = 34

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
}
// XML 1.0 has no control characters at all: they stand as the picture of themselves.
const xml = (text: string): string =>
  text
    .replace(/[&<>"]/g, (c) => escapes[c] ?? c)
    .replace(/[\u0000-\u001f]/g, (c) => String.fromCodePoint(0x2400 + c.charCodeAt(0)))

const short = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`

interface Placed {
  readonly x: (lane: string) => number
  readonly y: (event: number) => number
}

const arrow = (diagram: Diagram, k: number, { x, y }: Placed): string => {
  const event = diagram.events[k] as DiagramEvent
  if (event.from === undefined) return ""
  const start = y(event.sentAt ?? k)
  const unknown = event.sentAt === undefined ? ' stroke-dasharray="4 3"' : ""
  const [fromX, toX] = [x(event.from), x(event.lane)]
  // The head ends at the rim of the dot.
  const toEdge = toX + 5 * Math.sign(fromX - toX)
  return `<line class="message" x1="${fromX}" y1="${start}" x2="${toEdge}" y2="${y(k)}"${unknown}/>`
}

const dot = (diagram: Diagram, k: number, { x, y }: Placed): string => {
  const { lane, label, detail } = diagram.events[k] as DiagramEvent
  const [cx, cy] = [x(lane), y(k)]
  const title = `${diagram.first + k}  ${lane}  ${label}  ${detail}`
  return [
    `<g><title>${xml(title)}</title><circle cx="${cx}" cy="${cy}" r="4"/>`,
    `<text x="${cx + 9}" y="${cy - 1}">${xml(short(label, detailCharacters))}</text>`,
    `<text class="detail" x="${cx + 9}" y="${cy + 11}">${xml(short(detail, detailCharacters))}</text></g>`,
  ].join("")
}

const style = [
  "text{font:12px sans-serif;fill:#222;paint-order:stroke;stroke:#fff;stroke-width:3px}",
  ".detail,.number{font-size:10px;fill:#666}",
  ".lane{stroke:#bbb}",
  ".message{stroke:#2a6fb0;marker-end:url(#head)}",
  "circle{fill:#2a6fb0}",
].join("")

const marker =
  '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#2a6fb0"/></marker>'

/** The diagram as a file of its own. */
export const svgOf = (diagram: Diagram): string => {
  const lanes = lanesOf(diagram)
  const place: Placed = {
    x: (lane) => margin + lanes.indexOf(lane) * laneWidth,
    y: (event) => headHeight + event * rowHeight,
  }
  const width = margin + lanes.length * laneWidth
  const height = headHeight + diagram.events.length * rowHeight
  const rows = diagram.events.map((_, k) => k)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${xml(diagram.title)}</title><style>${style}</style><defs>${marker}</defs>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="20">${xml(short(diagram.title, Math.floor(width / 7)))}</text>`,
    ...lanes.flatMap((lane) => {
      const x = place.x(lane)
      return [
        `<text x="${x}" y="45" text-anchor="middle">${xml(lane)}</text>`,
        `<line class="lane" x1="${x}" y1="52" x2="${x}" y2="${height}"/>`,
      ]
    }),
    ...rows.map((k) => arrow(diagram, k, place)).filter((line) => line !== ""),
    ...rows.map(
      (k) => `<text class="number" x="4" y="${place.y(k) + 4}">${diagram.first + k}</text>`,
    ),
    ...rows.map((k) => dot(diagram, k, place)),
    "</svg>",
    "",
  ].join("\n")
}

// Mermaid ends a statement at ; and reads # as the start of an entity.
const mermaidText = (text: string): string =>
  text.replace(/[#;:<>&"\u0000-\u001f]/g, (c) => `#${c.charCodeAt(0)};`)

/** The diagram as text for Mermaid, which draws one arrow a row and no times of sending. */
export const mermaidOf = (diagram: Diagram): string => {
  const lanes = lanesOf(diagram)
  const id = (lane: string): string => `p${lanes.indexOf(lane)}`
  return [
    "sequenceDiagram",
    `  accTitle: ${mermaidText(diagram.title)}`,
    ...lanes.map((lane) => `  participant ${id(lane)} as ${mermaidText(lane)}`),
    ...diagram.events.map(({ lane, label, detail, from }, k) => {
      const text = mermaidText(`${diagram.first + k} ${label} ${short(detail, 80)}`.trim())
      return from === undefined || from === lane
        ? `  Note over ${id(lane)}: ${text}`
        : `  ${id(from)}->>${id(lane)}: ${text}`
    }),
    "",
  ].join("\n")
}
