// What every part of the page uses: the way to the network, and the making of elements.
export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? String(response.status));
  return answer;
}

export function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

export function english(words, className = "en") {
  const made = element("span", className, words);
  made.lang = "en";
  return made;
}

export function bilingual(target, [first, second], after = "") {
  target.replaceChildren(`${first} `, english(second), after);
}

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
