// The page holds no state of its own: it shows what /sim says and presses what a person presses.
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SPOKEN = { "*": "étoile / star", "#": "dièse / pound" };
const STATES = {
  idle: ["Raccroché", "Idle"],
  calling: ["Ça sonne là-bas", "Calling"],
  ringing: ["Ça sonne", "Ringing"],
  call: ["En communication", "In a call"],
  waiting: ["En attente", "Waiting"],
  room: ["Avec quelqu’un", "In the room"],
};
let aloud = false;

async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? String(response.status));
  return answer;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function bilingual(target, [french, english]) {
  const second = element("span", "en", english);
  second.lang = "en";
  target.replaceChildren(`${french} `, second);
}

function stateOf(call) {
  if (!call || call.status === "ended") return "idle";
  if (call.status === "ringing") return call.direction === "incoming" ? "ringing" : "calling";
  if (call.queue || call.on_hold || (call.conference && call.alone)) return "waiting";
  return call.conference ? "room" : "call";
}

function speak(entry) {
  if (!aloud || !("speechSynthesis" in window) || entry.via === "ring" || entry.via === "play") return;
  const words = new SpeechSynthesisUtterance(entry.text);
  words.lang = entry.language || "fr-CA";
  words.voice = speechSynthesis.getVoices().find((voice) => voice.lang.replace("_", "-") === words.lang) ?? null;
  speechSynthesis.speak(words);
}

class Handset {
  constructor(name, number, line) {
    this.root = document.getElementById("handset").content.firstElementChild.cloneNode(true);
    this.line = line;
    this.shown = { call: null, heard: 0, texts: 0, generation: 0 };
    this.part("name").textContent = name;
    this.part("own").value = number;
    this.part("other").value = line;
    this.root.setAttribute("aria-label", name);
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

  drawKeypad() {
    for (const key of KEYS) {
      const button = element("button", "", key);
      button.type = "button";
      button.dataset.key = key;
      if (SPOKEN[key]) button.setAttribute("aria-label", SPOKEN[key]);
      button.addEventListener("click", () => this.press(key));
      this.part("keypad").append(button);
    }
  }

  listen() {
    const acts = {
      dial: () => this.dial(),
      answer: () => this.act("answer"),
      decline: () => this.act("decline"),
      hangup: () => this.act("hangup"),
    };
    for (const [name, act] of Object.entries(acts)) this.part(name).addEventListener("click", act);
    this.part("own").addEventListener("change", (event) => this.hold(event.target.value.trim()));
    this.part("behaviour").addEventListener("change", (event) => this.act("mode", { behaviour: event.target.value }));
    this.part("saying").addEventListener("submit", (event) => this.submit(event, "spoken", (words) => this.act("say", { words })));
    this.part("writing").addEventListener("submit", (event) =>
      this.submit(event, "text", (body) => this.act("text", { to: this.part("other").value.trim(), body })));
    this.part("text").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.part("writing").requestSubmit();
      }
    });
    this.root.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
      event.preventDefault();
      this.press(event.key);
    });
  }

  submit(event, field, act) {
    event.preventDefault();
    const words = this.part(field).value.trim();
    if (!words) return;
    this.part(field).value = "";
    act(words);
  }

  dial() {
    const shown = this.part("withheld").checked ? { from_shown: "anonymous" } : {};
    this.act("dial", { to: this.part("other").value.trim(), ...shown });
  }

  press(key) {
    if (this.part("hangup").hidden) return;
    if (aloud) speechSynthesis.cancel();
    const button = this.part("keypad").querySelector(`[data-key="${CSS.escape(key)}"]`);
    button.classList.add("pressed");
    setTimeout(() => button.classList.remove("pressed"), 200);
    this.act("press", { keys: key });
  }

  async act(what, body = {}) {
    this.part("trouble").textContent = "";
    try {
      this.draw(await ask("POST", `${this.path}/${what}`, body));
    } catch (error) {
      this.part("trouble").textContent = error.message;
    }
  }

  async hold(number) {
    this.number = number;
    const generation = ++this.shown.generation;
    this.shown = { call: null, heard: 0, texts: 0, generation };
    this.part("texts").replaceChildren();
    this.part("heard").replaceChildren();
    let last = 0;
    while (generation === this.shown.generation) {
      try {
        const view = await ask("PUT", this.path);
        if (generation !== this.shown.generation) return;
        this.draw(view);
        last = view.last_event;
        await ask("GET", `${this.path}/events?after=${last}`);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 1500));
      }
    }
  }

  draw(view) {
    const call = view.calls.at(-1);
    const state = stateOf(call);
    if (this.root.dataset.state !== state || this.detail !== this.detailOf(call)) {
      this.root.dataset.state = state;
      this.detail = this.detailOf(call);
      const [french, english] = STATES[state];
      bilingual(this.part("words"), [french + this.detail, english]);
    }
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    this.part("to").hidden = this.part("dial").hidden = state !== "idle";
    this.part("answer").hidden = this.part("decline").hidden = state !== "ringing";
    this.part("hangup").hidden = state === "idle" || state === "ringing";
    const speaks = ["call", "room", "waiting"].includes(state);
    for (const control of this.part("saying").elements) control.disabled = !speaks;
    if (focused && focused.hidden) this.part(state === "idle" ? "dial" : state === "ringing" ? "answer" : "heard").focus();
    this.part("behaviour").value = view.behaviour;
    this.drawHeard(call);
    this.drawTexts(view.texts);
  }

  detailOf(call) {
    if (!call || call.status === "ended") return "";
    const notes = [call.other || "numéro masqué"];
    if (call.muted) notes.push("micro coupé");
    if (call.on_hold) notes.push("en garde");
    return ` · ${notes.join(" · ")}`;
  }

  drawHeard(call) {
    const list = this.part("heard");
    if (!call) return this.drawEmpty(list, "Rien encore. Nothing yet.");
    if (this.shown.call !== call.sid) {
      this.shown.call = call.sid;
      this.shown.heard = 0;
      list.replaceChildren();
    }
    for (const [index, entry] of call.heard.entries()) {
      if (index >= this.shown.heard) {
        list.append(this.heardLine(entry));
        speak(entry);
      } else if (entry.cut_short) {
        list.children[index].classList.add("cut");
      }
    }
    if (call.heard.length > this.shown.heard) list.scrollTop = list.scrollHeight;
    this.shown.heard = call.heard.length;
  }

  heardLine(entry) {
    const line = element("p", entry.via === "room" ? "room" : entry.via === "say" ? "" : "sound");
    const language = (entry.language || "").slice(0, 2);
    if (language) {
      line.lang = entry.language;
      line.append(element("span", "tag", language.toUpperCase()));
    }
    line.append(entry.text);
    return line;
  }

  drawTexts(texts) {
    const list = this.part("texts");
    if (texts.length < this.shown.texts) {
      this.shown.texts = 0;
      list.replaceChildren();
    }
    if (!texts.length) return this.drawEmpty(list, "Aucun texto. No text.");
    if (!this.shown.texts) list.replaceChildren();
    for (const text of texts.slice(this.shown.texts)) {
      const line = element("p", text.to ? "mine" : "");
      line.append(element("span", "who", text.to ? `à ${text.to}` : `de ${text.from}`), text.body);
      list.append(line);
    }
    if (texts.length > this.shown.texts) list.scrollTop = list.scrollHeight;
    this.shown.texts = texts.length;
  }

  drawEmpty(list, words) {
    if (!list.children.length) list.append(element("p", "empty", words));
  }
}

const timeline = document.getElementById("timeline");
let lastEntry = 0;

function titleOf(entry) {
  const at = entry.at.slice(11, 19);
  if (entry.kind === "fault") return `${at} ✕ ${entry.code} ${entry.message}`;
  if (entry.kind === "rest") return `${at} ← ${entry.method} ${entry.path} ${entry.status ?? ""}`;
  if (entry.kind === "webhook") return `${at} → ${entry.method} ${entry.url} ${entry.status ?? entry.failed ?? "…"}`;
  return `${at} · ${entry.kind} ${entry.key ?? entry.sid ?? ""}`;
}

function entryLine(entry) {
  const line = element("li", entry.kind === "fault" || entry.failed || entry.status >= 400 ? "bad" : entry.kind);
  const details = element("details");
  const form = Object.entries(entry.form ?? {}).map(([name, value]) => `${name} = ${value}`).join("\n");
  details.append(element("summary", "", titleOf(entry)));
  details.append(element("pre", "", [form, entry.answer ?? entry.document ?? ""].filter(Boolean).join("\n\n") || "—"));
  line.append(details);
  return line;
}

async function drawTimeline() {
  if (timeline.open) {
    const settled = (entry) => entry.kind !== "webhook" || entry.status || entry.failed || entry.dropped;
    const { entries } = await ask("GET", `/sim/ledger?after=${lastEntry}`);
    for (const entry of entries) {
      if (!settled(entry) && Date.now() - Date.parse(entry.at) < 2000) break;
      document.getElementById("entries").append(entryLine(entry));
      lastEntry = entry.seq;
    }
  }
  setTimeout(() => drawTimeline().catch(() => setTimeout(drawTimeline, 3000)), 1000);
}

async function begin() {
  const network = await ask("GET", "/sim/network");
  const line = network.numbers[0] ?? "";
  for (const number of network.numbers) {
    const option = element("option");
    option.value = number;
    document.getElementById("numbers").append(option);
  }
  new Handset("Personne qui appelle · Caller", "+15145550123", line);
  for (const { number, name } of network.responders) new Handset(name, number, line);
  let more = 0;
  document.getElementById("another").addEventListener("click", () => {
    more += 1;
    new Handset(`Téléphone ${more} · Telephone ${more}`, `+151455501${59 + more}`, line).part("own").focus();
  });
  document.getElementById("aloud").addEventListener("click", (event) => {
    aloud = !aloud;
    event.currentTarget.setAttribute("aria-pressed", String(aloud));
    if (!aloud && "speechSynthesis" in window) speechSynthesis.cancel();
  });
  drawTimeline();
}

begin();
