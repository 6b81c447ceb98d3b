// What goes wrong on purpose: ordered here, told by the network, gone again with one button.
import { ask, element, english } from "./common.js";

const ORDERS = [
  ["Le téléphone est occupé · The telephone is busy", { telephone: "busy" }],
  ["Le téléphone est éteint · The telephone is off", { telephone: "off" }],
  ["Une boîte vocale répond d’abord · A voicemail answers first", { telephone: "voicemail" }],
  ["On raccroche en pleine phrase · Somebody hangs up in mid-sentence", { telephone: "hangs-up" }],
  ["Le texto n’arrive pas (30003) · The text does not arrive", { text: 30003 }],
  ["Une requête à la ligne se perd · A request to the line is lost", { do: "drop" }],
  ["Une requête arrive deux fois · A request comes twice", { do: "duplicate" }],
  ["Une requête a dix secondes de retard · A request is ten seconds late", { do: "delay", seconds: 10 }],
  ["Le réseau refuse: trop vite (429) · The carrier refuses: too fast", { answer: 429 }],
  ["Le réseau est en panne (500) · The carrier is down", { answer: 500 }],
  ["Le réseau accepte, puis se tait · The carrier accepts, then says nothing", { answer: "timeout_after_accepting" }],
];
const part = (id) => document.getElementById(id);

export async function rain() {
  for (const [index, [words]] of ORDERS.entries()) {
    const option = element("option", "", words);
    option.value = index;
    part("order").append(option);
  }
  part("ordering").addEventListener("submit", (event) => {
    event.preventDefault();
    const number = part("whom").value.trim();
    const rule = { ...ORDERS[part("order").value][1], times: Number(part("times").value), ...(number ? { number } : {}) };
    change("POST", rule);
  });
  part("clear").addEventListener("click", () => change("DELETE"));
  part("weather").addEventListener("toggle", () => change("GET"));
}

async function change(method, rule) {
  try {
    draw(await ask(method, "/sim/weather", rule));
    part("weather-trouble").textContent = "";
  } catch (error) {
    part("weather-trouble").textContent = error.message;
  }
}

function draw({ rules }) {
  const told = rules.map((rule) => element("li", "", element("code", "", wordsOf(rule))));
  part("rules").replaceChildren(...(told.length ? told : [element("li", "empty", "Beau temps. ", english("Fair weather.", ""))]));
}

const wordsOf = (rule) => Object.entries(rule).map(([name, value]) => `${name} = ${typeof value === "object" ? JSON.stringify(value) : value}`).join(" · ");
