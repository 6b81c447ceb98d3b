// Twilio's Node SDK over the simulator: calls, texts, rooms, queues, lists. Prints one JSON object of what it found.
const { readFileSync } = require("node:fs");
const [, , sdk, origin, account, token] = process.argv;
const twilio = require(sdk);

class Rebased extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace(/^https:\/\/[^/]+/, origin) });
  }
}

const { line, pages, responder, nobody, url, room } = JSON.parse(readFileSync(0, "utf8"));
const client = twilio(account, token, { httpClient: new Rebased({ timeout: 10000 }), accountSid: account });

async function code(work) {
  try {
    await work;
    return null;
  } catch (error) {
    return [error.status, error.code];
  }
}

async function calls() {
  const made = await client.calls.create({
    to: nobody, from: pages, url, timeout: 5, statusCallback: `${url}/status`, statusCallbackEvent: ["initiated", "completed"],
    machineDetection: "Enable",
  });
  const ended = await client.calls(made.sid).update({ status: "canceled" });
  const refused = await code(client.calls.create({ to: "514", from: pages, url }));
  const listed = await client.calls.list({ from: pages, startTimeAfter: new Date(Date.now() - 864e5), pageSize: 2 });
  return { status: made.status, ended: ended.status, refused, listed: listed.length };
}

async function texts() {
  const made = await client.messages.create({ to: responder, from: line, body: "Êtes-vous là?", validityPeriod: 60 });
  const listed = await client.messages.list({ to: responder, dateSentAfter: new Date(Date.now() - 864e5) });
  const refused = await code(client.messages.create({ to: responder, from: line, body: "a".repeat(1601) }));
  return { status: made.status, parts: made.numSegments, listed: listed.length, refused };
}

async function rooms() {
  const [found] = await client.conferences.list({ friendlyName: room, status: "in-progress" });
  const people = await client.conferences(found.sid).participants.list();
  const muted = await client.conferences(found.sid).participants(people[0].callSid).update({ muted: true, hold: false });
  const called = await client.conferences(found.sid).participants.create({ from: pages, to: nobody, label: "autre", beep: "false" });
  return { name: found.friendlyName, people: people.length, muted: muted.muted, called: called.status };
}

async function rest() {
  const queue = await client.queues.create({ friendlyName: "file-node", maxSize: 10 });
  const sized = await client.queues(queue.sid).update({ maxSize: 20 });
  const removed = await client.queues(queue.sid).remove();
  const numbers = await client.incomingPhoneNumbers.list();
  const recordings = await client.recordings.list({ limit: 5 });
  const about = await client.api.v2010.accounts(account).fetch();
  return { size: sized.maxSize, removed, numbers: numbers.length, recordings: recordings.length, active: about.status };
}

(async () => {
  const found = { calls: await calls(), texts: await texts(), rooms: await rooms(), rest: await rest() };
  found.signature = twilio.validateRequest("12345", "kvajT1Ptam85bY51eRf/AJRuM3w=", "https://mycompany.com/myapp.php?foo=1&bar=2", {
    CallSid: "CA1234567890ABCDE", Digits: "1234", From: "+14158675309", To: "+18005551212", Caller: "+14158675309",
  });
  process.stdout.write(JSON.stringify(found));
})().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
