// The page: the telephones that are there, those one adds, the timeline and the weather.
import { ask, bilingual, element, wait } from "./common.js";
import { Handset } from "./handset.js";
import { follow } from "./timeline.js";
import { rain } from "./weather.js";

const CALLER = "+15145550123";
const FIRST_ADDED = 160; // numbers of the range set aside for fiction: +1514555 01 60 and on

function hold(network) {
  const line = network.numbers[0] ?? "";
  const responders = new Map(network.responders.map(({ number, name }) => [number, name]));
  const known = new Set([CALLER, ...responders.keys()]);
  new Handset("Personne qui appelle · Caller", CALLER, line);
  for (const [number, name] of responders) new Handset(name, number, line);
  const others = network.handsets.filter((number) => !known.has(number));
  others.forEach((number, index) => new Handset(added(index + 1), number, line));
  return { line, count: others.length, taken: new Set([...known, ...others]) };
}

const added = (count) => `Téléphone ${count} · Telephone ${count}`;

function listen({ line, count, taken }) {
  document.getElementById("another").addEventListener("click", () => {
    let last = FIRST_ADDED;
    while (taken.has(`+15145550${last}`)) last += 1;
    taken.add(`+15145550${last}`);
    count += 1;
    new Handset(added(count), `+15145550${last}`, line).part("own").focus();
  });
}

function offer(numbers) {
  for (const number of numbers) {
    const option = element("option");
    option.value = number;
    document.getElementById("numbers").append(option);
  }
}

async function begin() {
  for (;;) {
    try {
      const network = await ask("GET", "/sim/network");
      document.querySelector("#handsets").replaceChildren();
      offer(network.numbers);
      listen(hold(network));
      follow();
      rain();
      return;
    } catch {
      const told = element("p", "trouble");
      bilingual(told, ["Le réseau ne répond pas encore.", "The network does not answer yet."]);
      document.querySelector("#handsets").replaceChildren(told);
      await wait(1500);
    }
  }
}

begin();
