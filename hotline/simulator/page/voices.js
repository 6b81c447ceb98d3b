// One handset at a time is read aloud, each sentence in its own language's voice, where this computer has one.
const synthesis = window.speechSynthesis;
let listened = null;
synthesis?.getVoices(); // the first call only starts the loading

// The very accent if there is one, else any voice of the language.
function voiceFor(language) {
  const voices = synthesis.getVoices();
  const named = (voice) => voice.lang.replace("_", "-");
  return voices.find((voice) => named(voice) === language)
    ?? voices.find((voice) => named(voice).slice(0, 2) === language.slice(0, 2));
}

export function missing() {
  if (!synthesis) return ["Ce navigateur ne lit pas à voix haute.", "This browser does not read aloud."];
  if (!voiceFor("fr-CA")) return ["Aucune voix française ici.", "No French voice here."];
  if (!voiceFor("en-US")) return ["Aucune voix anglaise ici.", "No English voice here."];
  return null;
}

export function listenTo(handset) {
  const before = listened;
  synthesis?.cancel();
  listened = handset;
  before?.drawAloud(false);
  handset?.drawAloud(true);
}

export const isHeard = (handset) => listened === handset;

export function speak(handset, words, language) {
  if (!synthesis || listened !== handset) return;
  const spoken = new SpeechSynthesisUtterance(words);
  spoken.lang = language || "fr-CA";
  spoken.voice = voiceFor(spoken.lang) ?? null;
  synthesis.speak(spoken);
}

export function hush(handset) {
  if (listened === handset) synthesis?.cancel();
}
