// A call or an exchange of texts, as the carrier saw it, in the notation of tests/flows/transcripts.
//
// `>` is what the person did, `?` what the world answered, `<` what was said or sent, `~` what the telephone did. What
// the team got (`!`) does not cross the network: `pytest tests/flows --update` adds it. No number and no word spoken
// between two people is ever in it.
const HEAD = "# Gardé des téléphones: à relire; « pytest tests/flows --update » ajoute ce que l’équipe reçoit";
const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);
const FIRST_FIVE = "4"; // the seconds of listening after a first 5, by which they are told from any other silence
const LONG = 60;

export function callTranscript(entries, sid) {
  const isMine = (entry) => entry.kind === "webhook" && entry.form.CallSid === sid && entry.answer;
  const mine = entries.filter((entry) => isMine(entry) && /^(twiml|action)$/.test(entry.purpose));
  const redirects = new Set(entries.filter((entry) => isRedirect(entry, sid)).map((entry) => entry.form.Url));
  const call = new Call(redirects, mine[0]?.form.Direction !== "inbound");
  for (const entry of mine) if (call.goesOn) call.takes(entry);
  const script = call.responder ? ["script: equipe"] : [];
  return written([HEAD, `langue: ${call.opening ?? "fr"}`, "canal: voix", ...script], call.lines);
}

export function textTranscript(entries, number) {
  const wrote = (entry) => entry.kind === "webhook" && entry.purpose === "sms" && entry.form.From === number;
  const wasSent = (entry) => entry.kind === "rest" && entry.method === "POST" && entry.status === 201
    && /\/Messages\.json$/.test(entry.path) && entry.form.To === number;
  const lines = entries.flatMap((entry) => {
    if (wrote(entry)) return [`> ${oneLine(entry.form.Body ?? "")}`];
    return wasSent(entry) ? sentLines(entry.form.Body ?? "") : [];
  });
  return written([HEAD, "langue: fr", "canal: texto"], lines);
}

const written = (head, lines) => `${[...head, "", ...lines].join("\n")}\n`;
const oneLine = (words) => words.replace(/\s+/g, " ").trim();
const isRedirect = (entry, sid) => entry.kind === "rest" && entry.path.includes(`/Calls/${sid}`) && entry.form.Url;

// A text in both languages has them parted by a slash.
function sentLines(body) {
  const [first, second] = body.split(" / ");
  return second === undefined ? [`< ${oneLine(body)}`] : [`< ${oneLine(first)}`, `< [en] ${oneLine(second)}`];
}

class Call {
  constructor(redirects, responder) {
    this.redirects = redirects;
    this.responder = responder;
    this.lines = [];
    this.meanings = new Map(); // the address of a request to what it means, as the documents so far gave it
    this.opening = null;
    this.language = null;
    this.goesOn = true;
    this.queued = this.hushed = this.quiet = this.claimed = false;
    this.pagedAt = null;
  }

  takes(entry) {
    const meaning = this.meaningOf(entry);
    if (meaning === "aside" || (entry.purpose === "action" && !OVER.has(entry.form.CallStatus))) return;
    if (meaning === "redirected" && this.responder) {
      this.lines.push("# Ici la ligne a repris ce téléphone pour autre chose.");
      this.goesOn = false;
      return;
    }
    const verbs = documentOf(entry).children;
    const did = this.didOf(meaning, entry.form);
    const names = [...verbs].map((verb) => verb.tagName);
    const found = { did, meaning, at: Date.parse(entry.at), shown: this.shownBy(verbs), joins: conferenceOf(verbs), verbs: names };
    const done = did === null ? [] : [`> ${did}`];
    this.lines.push(...done, ...this.answersTo(found), ...found.shown, ...this.unsaid(found));
    this.learn(verbs, entry.url);
    this.moveOn(found);
  }

  meaningOf(entry) {
    if (!this.meanings.size) return "opened";
    return this.meanings.get(entry.url) ?? (this.redirects.has(entry.url) ? "redirected" : "aside");
  }

  didOf(meaning, form) {
    if (meaning === "opened") return null;
    if (meaning === "wait") return "(attend)";
    if (meaning === "left") return `(file: ${form.QueueResult || "leave"})`;
    if (meaning === "redirected") return "(file: redirected)";
    if (meaning === "recorded") return `(parle, ${OVER.has(form.CallStatus) ? "raccroche" : form.Digits || "silence"})`;
    if (meaning === "room") return OVER.has(form.CallStatus) ? "(raccroche)" : "(revient)";
    return form.Digits || "(silence)";
  }

  // What the line asked of the world before it spoke, as far as its document shows the answer.
  answersTo(turn) {
    if (this.responder) return this.claimOf(turn);
    if (!this.looked(turn)) return [];
    if (turn.verbs.includes("Leave") || turn.joins) return ["? accepted"];
    const waited = Math.floor((turn.at - this.pagedAt) / 1000);
    return [waited < LONG ? "? open" : `? open ${waited}`];
  }

  looked({ did, meaning, shown }) {
    if (meaning === "key") {
      if (!this.queued || (this.hushed && !this.quiet)) return false;
      return this.quiet || (did !== "9" && !isHush(did, shown) && did !== "#");
    }
    return !["opened", "recorded", "(file: hangup)", "(raccroche)"].some((each) => each === meaning || each === did);
  }

  claimOf({ did, joins }) {
    if (this.claimed || did !== "1") return [];
    if (!joins) return [];
    return [isMuted(joins) ? "? muted" : "? waiting"];
  }

  unsaid({ did, joins }) {
    const unknown = this.responder && did === "1" && !this.claimed && !joins;
    return unknown ? ["# À préciser sous la ligne « > 1 »: ? gone, ? text, ? taken Camille ou ? over"] : [];
  }

  moveOn({ did, at, shown, verbs }) {
    if (this.hushed && !verbs.includes("Leave")) this.quiet = true;
    this.hushed = isHush(did, shown);
    if (did?.startsWith("(file: ")) this.queued = false;
    if (this.responder && did === "1") this.claimed = true;
    if (verbs.includes("Enqueue")) {
      this.queued = true;
      this.pagedAt ??= at;
    }
    this.goesOn = !verbs.includes("Hangup");
  }

  learn(verbs, base) {
    const means = (address, meaning) => {
      if (address) this.meanings.set(new URL(address, base).href, meaning);
    };
    let following = "key";
    for (const verb of verbs) {
      if (verb.tagName === "Enqueue") means(verb.getAttribute("waitUrl"), "wait");
      if (verb.tagName === "Enqueue") means(verb.getAttribute("action"), "left");
      if (verb.tagName === "Leave") following = "left";
      if (verb.tagName === "Dial") means(verb.getAttribute("action"), "room");
      if (verb.tagName === "Gather") means(verb.getAttribute("action"), "key");
      if (verb.tagName === "Record") means(verb.getAttribute("action"), "recorded");
      if (verb.tagName === "Redirect") means(verb.textContent.trim(), following);
    }
  }

  shownBy(verbs) {
    const said = [...verbs].flatMap((verb) => (verb.tagName === "Say" ? [verb] : [...verb.getElementsByTagName("Say")]));
    const languages = new Set(said.map(languageOf));
    if (languages.size === 1) [this.language] = languages;
    this.language ??= "fr";
    this.opening ??= this.language;
    return [...verbs].flatMap((verb) => this.verbLines(verb, said.length > 0));
  }

  verbLines(verb, words) {
    const says = verb.tagName === "Say" ? [verb] : [...verb.getElementsByTagName("Say")];
    const lines = says.map((say) => `< ${this.marked(languageOf(say))}${oneLine(say.textContent)}`);
    if (verb.tagName === "Gather" && !words) lines.push(`~ listens ${verb.getAttribute("timeout") ?? "5"}`);
    if (verb.tagName === "Record") lines.push("~ records");
    if (verb.tagName === "Enqueue") lines.push("~ queue");
    if (verb.tagName === "Leave") lines.push("~ leaves the queue");
    if (verb.tagName === "Hangup") lines.push("~ hangs up");
    const room = verb.getElementsByTagName("Conference")[0];
    return room ? [...lines, `~ joined${isMuted(room) ? " muted" : ""}${isQuiet(room) ? " in silence" : ""}`] : lines;
  }

  marked(language) {
    return language === this.language ? "" : `[${language}] `;
  }
}

const isMuted = (room) => room.getAttribute("muted") === "true";
const isQuiet = (room) => room.getAttribute("waitUrl") === "";
const isHush = (did, shown) => did === "5" && shown.includes(`~ listens ${FIRST_FIVE}`);
const languageOf = (say) => ((say.getAttribute("language") ?? "en").startsWith("fr") ? "fr" : "en");
const documentOf = (entry) => new DOMParser().parseFromString(entry.answer, "text/xml").documentElement;
const conferenceOf = (verbs) => [...verbs].map((verb) => verb.getElementsByTagName("Conference")[0]).find(Boolean);
