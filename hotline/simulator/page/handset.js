// One telephone. It holds no state of its own: it shows what /sim says and does what a person does.
import { ask, bilingual, element, english, wait } from "./common.js";
import { hush, isHeard, listenTo, missing, speak } from "./voices.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SPOKEN = { "*": "étoile / star", "#": "dièse / pound" };
const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };
const STATES = {
  idle: ["Raccroché", "Idle"],
  calling: ["Ça sonne là-bas", "Calling"],
  ringing: ["Ça sonne", "Ringing"],
  call: ["En communication", "In a call"],
  recorded: ["On enregistre", "Recording"],
  waiting: ["En attente", "Waiting"],
  alone: ["Seul dans la salle", "Alone in the room"],
  held: ["Mis en garde", "On hold"],
  room: ["Avec quelqu’un", "With someone"],
  lost: ["Le réseau ne répond pas", "The network does not answer"],
};
const SPEAKING = ["call", "recorded", "waiting", "alone", "held", "room"];
const TO_SAY = ["Dire quelque chose", "Say something"];
const TO_RECORD = ["Dire après le bip", "Say after the beep"];
const LARGEST_PICTURE = 5 * 1024 * 1024; // the carrier's own limit

function stateOf(call) {
  if (!call || call.status === "ended") return "idle";
  if (call.status === "ringing") return call.direction === "incoming" ? "ringing" : "calling";
  if (call.recording) return "recorded";
  if (call.on_hold) return "held";
  if (call.queue) return "waiting";
  if (call.conference) return call.alone ? "alone" : "room";
  return "call";
}

// A browser opens six connections to one host: were all of them waiting for news, no key and no text would get out.
const MOST_WAITING = 4;

export class Handset {
  constructor(name, number, line) {
    this.root = document.getElementById("handset").content.firstElementChild.cloneNode(true);
    this.generation = 0;
    this.part("name").textContent = name;
    this.part("own").value = number;
    this.part("other").value = line;
    this.root.setAttribute("aria-label", name);
    bilingual(this.part("speaking"), TO_SAY);
    this.drawKeypad();
    this.listen();
    document.getElementById("handsets").append(this.root);
    this.hold(number);
  }

  part(name) {
    return this.root.querySelector(`.${name}`);
  }

  get path() {
    return `/sim/handsets/${encodeURIComponent(this.number)}`;
  }

  // ── what a person does ──────────────────────────────────────────────────────────────────────────────────────────

  listen() {
    const acts = {
      dial: () => this.dial(),
      answer: () => this.act("answer"),
      decline: () => this.act("decline"),
      hangup: () => this.act("hangup"),
      aloud: () => listenTo(isHeard(this) ? null : this),
      away: () => this.putAway(),
    };
    for (const [name, act] of Object.entries(acts)) this.part(name).addEventListener("click", act);
    this.part("own").addEventListener("change", (event) => this.hold(event.target.value.trim()));
    this.part("behaviour").addEventListener("change", (event) => this.act("mode", { behaviour: event.target.value }));
    this.part("picture").addEventListener("change", () => this.drawAttached());
    this.part("saying").addEventListener("submit", (event) => this.say(event));
    this.part("writing").addEventListener("submit", (event) => this.write(event));
    this.part("text").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.part("writing").requestSubmit();
    });
    this.root.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
      event.preventDefault();
      this.press(event.key);
    });
  }

  dial() {
    const shown = this.part("withheld").checked ? { from_shown: "anonymous" } : {};
    this.act("dial", { to: this.part("other").value.trim(), ...shown });
  }

  press(key) {
    if (this.part("hangup").hidden) return;
    hush(this);
    const button = this.keyButton(key);
    button.classList.add("pressed");
    setTimeout(() => button.classList.remove("pressed"), 200);
    this.act("press", { keys: key });
  }

  say(event) {
    event.preventDefault();
    const words = this.part("spoken").value.trim();
    if (!words) return;
    this.part("spoken").value = "";
    this.act("say", { words });
  }

  async write(event) {
    event.preventDefault();
    const body = this.part("text").value.trim();
    const files = [...this.part("picture").files];
    if (!body && !files.length) return;
    const media = await Promise.all(files.map(encoded));
    const sent = await this.act("text", { to: this.part("other").value.trim(), body, ...(media.length ? { media } : {}) });
    if (!sent) return;
    this.part("writing").reset();
    this.drawAttached();
  }

  async act(what, body = {}) {
    this.complain("");
    try {
      this.draw(await ask("POST", `${this.path}/${what}`, body));
      return true;
    } catch (error) {
      this.complain(error.message);
      return false;
    }
  }

  putAway() {
    this.generation += 1;
    if (isHeard(this)) listenTo(null);
    const next = this.root.nextElementSibling ?? this.root.previousElementSibling;
    this.root.remove();
    (next?.querySelector("input") ?? document.getElementById("another")).focus();
  }

  // ── what the network says ───────────────────────────────────────────────────────────────────────────────────────

  async hold(number) {
    this.number = number;
    const generation = ++this.generation;
    const current = () => generation === this.generation;
    this.forget();
    while (current()) {
      try {
        const view = await ask("PUT", this.path);
        if (view.last_event < this.seen) this.forget(); // the network was begun again
        const known = this.seen === 0 && view.last_event > 0;
        const crowded = document.querySelectorAll(".handset").length > MOST_WAITING;
        const patience = known || !this.view || crowded ? 0 : 25;
        const { events, last } = await ask("GET", `${this.path}/events?after=${this.seen}&wait=${patience}`);
        if (!current()) return;
        this.seen = last;
        this.draw(events.length ? await ask("GET", this.path) : view);
        this.drawLog(events, known);
        if (crowded) await wait(300);
      } catch {
        if (!current()) return;
        this.drawState("lost");
        await wait(1500);
      }
    }
  }

  forget() {
    this.seen = this.texts = 0;
    this.view = this.call = null;
    this.lines = new Map();
    for (const name of ["texts", "heard"]) this.part(name).replaceChildren();
  }

  // ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  draw(view) {
    this.view = view;
    const call = view.calls.at(-1);
    const state = stateOf(call);
    if (call) this.beginLog(call.sid);
    this.drawState(state, state === "idle" ? "" : call.other || "numéro masqué", state !== "idle" && call.muted);
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    this.part("to").hidden = this.part("dial").hidden = state !== "idle";
    this.part("answer").hidden = this.part("decline").hidden = state !== "ringing";
    this.part("hangup").hidden = state === "idle" || state === "ringing";
    for (const control of this.part("saying").elements) control.disabled = !SPEAKING.includes(state);
    if (focused && (focused.disabled || focused.closest("[hidden]"))) this.rescueFocus(state);
    this.part("behaviour").value = view.behaviour;
    this.markCut(call);
    this.drawTexts(view.texts);
    if (!this.part("heard").children.length) this.part("heard").append(empty("Rien encore.", "Nothing yet."));
  }

  rescueFocus(state) {
    this.part({ idle: "dial", ringing: "answer" }[state] ?? "heard").focus();
  }

  drawState(state, other = "", muted = false) {
    const said = [state, other, muted].join();
    if (this.said === said) return;
    this.said = said;
    this.root.dataset.state = state;
    const [french, inEnglish] = STATES[state];
    bilingual(this.part("words"), muted ? [`${french} · micro coupé`, `${inEnglish} · muted`] : [french, inEnglish], element("span", "whom", other));
    const speaking = this.part("speaking");
    bilingual(speaking, state === "recorded" ? TO_RECORD : TO_SAY);
    const ringing = document.querySelectorAll('[data-state="ringing"]').length;
    document.title = `${ringing ? `(${ringing}) ` : ""}Téléphones · Telephones`;
  }

  drawKeypad() {
    const keypad = this.part("keypad");
    for (const key of KEYS) {
      const button = element("button", "", key);
      button.type = "button";
      button.dataset.key = key;
      button.tabIndex = key === "1" ? 0 : -1;
      if (SPOKEN[key]) button.setAttribute("aria-label", SPOKEN[key]);
      button.addEventListener("click", () => this.press(key));
      keypad.append(button);
    }
    // One stop for Tab; the arrows go round inside.
    keypad.addEventListener("keydown", (event) => {
      const next = keypad.children[KEYS.indexOf(event.target.dataset.key) + (MOVES[event.key] ?? NaN)];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
    keypad.addEventListener("focusin", (event) => {
      for (const button of keypad.children) button.tabIndex = button === event.target ? 0 : -1;
    });
  }

  keyButton(key) {
    return this.part("keypad").querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  // `known` events were there before this page: they are shown, and not read aloud.
  drawLog(events, known) {
    const log = this.part("heard");
    for (const event of events) {
      if (event.kind === "dialling" || event.kind === "ringing") this.beginLog(event.call);
      const line = lineOf(event);
      if (!line) continue;
      if (event.kind === "heard") this.lines.set(`${event.at} ${event.text}`, line);
      if (event.kind === "heard" && event.via !== "ring" && event.via !== "play" && !known) speak(this, event.text, event.language);
      log.querySelector(".empty")?.remove();
      log.append(line);
    }
    if (events.length) log.scrollTop = log.scrollHeight;
    this.markCut(this.view.calls.at(-1));
  }

  beginLog(call) {
    if (this.call === call) return;
    this.call = call;
    this.lines.clear();
    this.part("heard").replaceChildren();
  }

  markCut(call) {
    for (const heard of call?.heard ?? []) if (heard.cut_short) this.lines.get(`${heard.at} ${heard.text}`)?.classList.add("cut");
  }

  drawTexts(texts) {
    const list = this.part("texts");
    if (!texts.length) list.replaceChildren(empty("Aucun texto.", "No text."));
    else if (!this.texts) list.replaceChildren();
    const toTheEnd = () => (list.scrollTop = list.scrollHeight);
    for (const text of texts.slice(this.texts)) list.append(textLine(text, toTheEnd));
    if (texts.length > this.texts) toTheEnd();
    this.texts = texts.length;
  }

  drawAttached() {
    const files = [...this.part("picture").files];
    const tooLarge = files.some((file) => file.size > LARGEST_PICTURE);
    if (tooLarge) this.part("picture").value = "";
    this.complain(tooLarge ? "Une image a 5 Mo au plus. A picture has 5 MB at most." : "");
    const names = tooLarge ? "" : files.map((file) => file.name).join(", ");
    this.part("attached").textContent = names && `À envoyer · To be sent: ${names}`;
  }

  drawAloud(on) {
    this.part("aloud").setAttribute("aria-pressed", String(on));
    this.complain(on ? (missing() ?? []).join(" ") : "");
  }

  complain(words) {
    this.part("trouble").textContent = words;
  }
}

const empty = (french, inEnglish) => element("p", "empty", `${french} `, english(inEnglish, ""));

function lineOf(event) {
  if (event.kind === "heard") return heardLine(event);
  if (event.kind === "pressed") return element("p", "mine key", named("Touche", "Key"), element("kbd", "", event.key));
  if (event.kind === "said") return element("p", "mine", named("Vous dites", "You say"), event.words);
  if (event.kind === "ended") return element("p", "sound", "Fin de l’appel. ", english("The call is over."));
  return null;
}

function heardLine(event) {
  if (event.via === "ring" || event.via === "play") return element("p", "sound", event.text);
  if (event.via === "room") return element("p", "room", named("L’autre personne", "The other person"), event.text);
  const line = element("p", "", element("span", "tag", (event.language || "—").slice(0, 2).toUpperCase()), event.text);
  line.lang = event.language || "fr";
  return line;
}

function named(french, inEnglish) {
  return element("span", "who", `${french} · `, english(inEnglish, ""), " ");
}

function textLine(text, whenSeen) {
  const who = text.to ? named(`à ${text.to}`, "sent") : named(`de ${text.from}`, "received");
  const line = element("p", text.to ? "mine" : "", who, text.body);
  for (const { url } of (text.media ?? []).filter((each) => each.content_type.startsWith("image/"))) {
    const picture = element("img", "");
    picture.src = url;
    picture.addEventListener("load", whenSeen);
    picture.alt = "Image jointe au texto / Picture sent with the text";
    line.append(picture);
  }
  return line;
}

async function encoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { content_type: file.type, data: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
}
