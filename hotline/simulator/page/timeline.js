// Every request, callback and document, in order, with its timing; and the keeping of a call as a transcript test.
import { ask, bilingual, element, english, wait } from "./common.js";
import { callTranscript, textTranscript } from "./transcript.js";

const PERIOD = 700;
const MOST_SHOWN = 500;
const LONGEST_WAIT = 200; // entries
const KINDS = {
  twiml: ["Document demandé", "Document asked for"],
  action: ["Fin annoncée", "End told"],
  status: ["État annoncé", "Status told"],
  conference: ["Salle annoncée", "Room told"],
  recording: ["Enregistrement annoncé", "Recording told"],
  sms: ["Texto apporté", "Text brought"],
  rest: ["Demande de la ligne", "Request of the line"],
  fault: ["Faute", "Fault"],
  warning: ["Avertissement", "Warning"],
  "keys-lost": ["Touche perdue", "Key lost"],
  "not-taken": ["Texto non pris", "Text not taken"],
};
const ARROWS = { webhook: ["→", "vers la ligne"], rest: ["←", "de la ligne"] };

const part = (id) => document.getElementById(id);
const entries = new Map(); // by their number
const rows = new Map();
const contacts = new Map();
let settledUpTo = 0;

export async function follow() {
  part("contact").addEventListener("change", choose);
  part("keep").addEventListener("click", keep);
  part("timeline").addEventListener("toggle", draw);
  document.querySelector('a[href="#timeline"]').addEventListener("click", () => {
    part("timeline").open = true;
    part("timeline").querySelector("summary").focus();
  });
  for (;;) {
    try {
      await look();
    } catch {
      // the handsets say that the network is gone
    }
    await wait(PERIOD);
  }
}

async function look() {
  const { entries: found } = await ask("GET", `/sim/ledger?after=${settledUpTo}`);
  const changed = found.filter((entry) => JSON.stringify(entries.get(entry.seq)) !== JSON.stringify(entry));
  for (const entry of found) entries.set(entry.seq, entry);
  const open = found.find((entry) => !isSettled(entry) && found.at(-1).seq - entry.seq < LONGEST_WAIT);
  settledUpTo = open ? open.seq - 1 : found.at(-1)?.seq ?? settledUpTo;
  if (!changed.length) return;
  for (const entry of changed) meet(entry);
  draw(changed);
}

// What has no answer yet is looked at again, but not for ever: a reset may have left it without one.
function isSettled(entry) {
  const waits = entry.kind === "rest" || (entry.kind === "webhook" && !entry.dropped && !entry.failed);
  return !waits || entry.status !== undefined;
}

// ── contacts: the calls and the exchanges of texts that one may choose ────────────────────────────────────────────

function meet(entry) {
  const form = entry.form ?? {};
  if (entry.purpose === "twiml" && form.CallSid) offer(form.CallSid, entry, form.Direction === "inbound" ? ["appel de", form.From] : ["appel à", form.To]);
  if (entry.purpose === "sms" && form.From) offer(form.From, entry, ["textos de", form.From]);
}

function offer(id, entry, [what, number]) {
  if (contacts.has(id)) return;
  const option = element("option", "", `${clockOf(entry).slice(0, 8)} · ${what} ${number}`);
  option.value = id;
  contacts.set(id, option);
  part("contact").append(option);
}

function concerns(entry, id) {
  const form = entry.form ?? {};
  if (id.startsWith("CA")) return form.CallSid === id || entry.call === id || (entry.path ?? "").includes(id);
  return /^(sms|status)$/.test(entry.purpose ?? "") && [form.From, form.To].includes(id) && !form.CallSid
    || (entry.kind === "rest" && /\/Messages/.test(entry.path) && [form.From, form.To].includes(id));
}

function choose() {
  part("keep").disabled = !part("contact").value;
  part("kept").hidden = true;
  part("kept-as").textContent = "";
  redraw();
}

function keep() {
  const id = part("contact").value;
  const all = [...entries.values()];
  const words = id.startsWith("CA") ? callTranscript(all, id) : textTranscript(all, id);
  const name = `${id.startsWith("CA") ? "appel" : "texto"}_${contacts.get(id).textContent.slice(0, 8).replaceAll(":", "")}.txt`;
  part("kept").textContent = words;
  part("kept").hidden = false;
  bilingual(part("kept-as"), [`Gardé: ${name}.`, "Saved. Put it in tests/flows/transcripts, then: pytest tests/flows --update"]);
  download(name, words);
}

function download(name, words) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([words], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function redraw() {
  rows.clear();
  part("entries").replaceChildren();
  draw();
}

function draw() {
  const faults = [...entries.values()].filter((entry) => entry.kind === "fault").length;
  part("count").textContent = `${entries.size}${faults ? ` · ${faults} faute${faults > 1 ? "s" : ""} / fault${faults > 1 ? "s" : ""}` : ""}`;
  part("count").classList.toggle("bad", faults > 0);
  if (!part("timeline").open) return;
  const id = part("contact").value;
  const shown = [...entries.values()].filter((entry) => !id || concerns(entry, id)).slice(-MOST_SHOWN);
  const list = part("entries");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  shown.forEach((entry, index) => place(list, entry, shown[index - 1]));
  while (list.children.length > shown.length) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function place(list, entry, before) {
  const written = JSON.stringify(entry);
  const row = rows.get(entry.seq);
  if (row?.written === written) return;
  const item = rowOf(entry, before);
  if (row) {
    item.firstElementChild.open = row.item.firstElementChild.open;
    row.item.replaceWith(item);
  } else {
    list.append(item);
  }
  rows.set(entry.seq, { item, written });
}

function rowOf(entry, before) {
  const bad = entry.kind === "fault" || entry.failed || entry.status >= 400;
  const details = element("details");
  details.append(summaryOf(entry, before), ...insideOf(entry));
  return element("li", bad ? "bad" : entry.kind, details);
}

function summaryOf(entry, before) {
  const time = element("time", "", clockOf(entry));
  time.dateTime = entry.at;
  const kind = element("span", "what");
  bilingual(kind, KINDS[entry.purpose ?? entry.kind] ?? [entry.purpose ?? entry.kind, ""]);
  return element("summary", "", time, element("span", "gap", gapOf(entry, before)), ...arrowOf(entry), kind,
    element("code", "where", whereOf(entry)), element("span", "how", howOf(entry)));
}

const clockOf = (entry) => entry.at.slice(11, 21).replace(".", ",");
const gapOf = (entry, before) => (before ? `+${((Date.parse(entry.at) - Date.parse(before.at)) / 1000).toFixed(1).replace(".", ",")} s` : "");

function arrowOf(entry) {
  const [arrow, words] = ARROWS[entry.kind] ?? ["•", ""];
  const sign = element("span", "arrow", arrow);
  sign.setAttribute("aria-hidden", "true");
  return [sign, element("span", "unseen", words)];
}

function whereOf(entry) {
  if (entry.kind === "fault" || entry.kind === "warning") return `${entry.code} ${entry.message}`;
  if (entry.kind === "keys-lost") return entry.key;
  const path = entry.path ?? new URL(entry.url, location.href).pathname;
  const short = decodeURIComponent(path.replace(/^\/2010-04-01\/Accounts\/[^/]*/, "")).split("/");
  return `${entry.method ?? ""} ${short.map((word) => (word.length > 18 ? `${word.slice(0, 6)}…${word.slice(-4)}` : word)).join("/")}`.trim();
}

function howOf(entry) {
  const told = entry.form?.StatusCallbackEvent && entry.kind === "webhook" ? entry.form.StatusCallbackEvent : entry.form?.MessageStatus
    ?? (entry.purpose === "status" ? entry.form?.CallStatus : entry.form?.Digits && `touche ${entry.form.Digits}`);
  const took = entry.took === undefined ? "" : `${Math.round(entry.took * 1000)} ms`;
  const outcome = entry.dropped ? "perdu · dropped" : entry.failed ?? entry.status ?? (entry.kind === "webhook" ? "…" : "");
  return [told, outcome, took].filter((each) => each !== "" && each !== undefined).join(" · ");
}

function insideOf(entry) {
  const found = [];
  const form = Object.entries(entry.form ?? {}).filter(([, value]) => value !== "");
  if (entry.url ?? entry.path) found.push(element("p", "address", entry.url ?? entry.path));
  if (form.length) {
    const list = element("dl");
    for (const [name, value] of form) list.append(element("div", "", element("dt", "", name), element("dd", "", value)));
    found.push(list);
  }
  const document = entry.answer || entry.document;
  if (document) found.push(element("pre", "", indented(document)));
  if (!found.length) found.push(element("p", "", "Rien de plus. ", english("Nothing more.")));
  return found;
}

// TwiML as a person reads it: one verb a line.
function indented(document) {
  const read = new DOMParser().parseFromString(document, "text/xml");
  return read.querySelector("parsererror") ? document : lines(read.documentElement, "").join("\n");
}

function lines(node, margin) {
  const attributes = [...node.attributes].map(({ name, value }) => ` ${name}="${value}"`).join("");
  if (!node.children.length) {
    const words = node.textContent.trim();
    return [words ? `${margin}<${node.tagName}${attributes}>${words}</${node.tagName}>` : `${margin}<${node.tagName}${attributes}/>`];
  }
  return [`${margin}<${node.tagName}${attributes}>`, ...[...node.children].flatMap((child) => lines(child, `${margin}  `)), `${margin}</${node.tagName}>`];
}
