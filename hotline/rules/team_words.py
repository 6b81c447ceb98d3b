"""Our sentences to responders, in French and in English. None of them holds anything of a person."""

from collections.abc import Mapping

from ivr_flows.model import Text

SENTENCES: Mapping[str, Text] = {
    "won_text": Text(
        "Code {code}: c'est à vous. Pour lui écrire: {code} puis vos mots. "
        "Pour l'entendre: appelez la ligne, touche 7. Ensuite: FINI {code}.",
        "Code {code}: it is yours. To write: {code} then your words. To hear them: call the line, key 7. "
        "When over: DONE {code}.",
    ),
    "won_call": Text(
        "Code {code}: c'est à vous. Votre téléphone sonne: faites le 1.",
        "Code {code}: it is yours. Your phone is ringing: press 1.",
    ),
    "taken": Text("Code {code}: {by} l'a accepté.", "Code {code}: {by} has it."),
    "over": Text("Code {code}: c'est terminé.", "Code {code}: it is over."),
    "none": Text(
        "Rien à vous sous ce code. Vérifiez les six chiffres.",
        "Nothing of yours under this code. Check the six digits.",
    ),
    "lost": Text(
        "Code {code}: ce n'est plus à vous, rien n'est envoyé. Pour le reprendre: 1 {code}.",
        "Code {code}: it is no longer yours, nothing is sent. To take it back: 1 {code}.",
    ),
    "declined": Text(
        "Code {code}: refus noté. Nous appelons la personne suivante.",
        "Code {code}: declined. We are calling the next person.",
    ),
    "which": Text(
        "Ajoutez le code: 1 et les six chiffres pour accepter, 2 pour refuser.",
        "Add the code: 1 and the six digits to accept, 2 to decline.",
    ),
    "help": Text(
        "1 CODE: accepter. 2 CODE: refuser. CODE et vos mots: écrire. FINI CODE: terminer. "
        "EN SERVICE, FIN, QUI, PAUSE 30, ECHANGE NOM, DONNE NOM.",
        "1 CODE: accept. 2 CODE: decline. CODE and your words: write. DONE CODE: finish. "
        "ON DUTY, OFF DUTY, WHO, PAUSE 30, SWAP NAME, GIVE NAME.",
    ),
    "sending": Text("Code {code}: nous l'envoyons.", "Code {code}: we are sending it."),
    "held": Text(
        "Code {code}: pas encore envoyé. Son dernier texto date de plus de dix minutes. "
        "Envoyer malgré tout: 1 {code}. Sinon: 2 {code}.",
        "Code {code}: not sent yet. Their last text is more than ten minutes old. "
        "Send it anyway: 1 {code}. If not: 2 {code}.",
    ),
    "dropped": Text("Code {code}: rien n'est envoyé.", "Code {code}: nothing is sent."),
    "silent": Text(
        "Code {code}: silence demandé, rien n'est envoyé. Si c'est sans danger: LEVER {code}.",
        "Code {code}: silence was asked, nothing is sent. If it is safe: LIFT {code}.",
    ),
    "lifted": Text(
        "Code {code}: le silence est levé, par vous. Quelqu'un d'autre peut lire. Pour écrire: {code} puis vos mots.",
        "Code {code}: the silence is lifted, by you. Another may read it. To write: {code} then your words.",
    ),
    "not_silent": Text("Code {code}: aucun silence demandé.", "Code {code}: no silence was asked."),
    "long": Text("Code {code}: trop long, rien n'est envoyé.", "Code {code}: too long, nothing is sent."),
    "names_us": Text(
        "Code {code}: ces premiers mots disent qui nous sommes. Rien n'est envoyé. Commencez autrement.",
        "Code {code}: these first words say who we are. Nothing is sent. Begin another way.",
    ),
    "empty": Text("Ajoutez vos mots: {code} puis le texte.", "Add your words: {code} then the text."),
    "finished": Text(
        "Code {code}: terminé. Merci. Pour souffler un peu: PAUSE 15.",
        "Code {code}: finished. Thank you. For a moment to breathe: PAUSE 15.",
    ),
    "new_text": Text(
        "Code {code}: nouveau message. Pour l'entendre: appelez la ligne, touche 7. "
        "Pour lui écrire: {code} puis vos mots.",
        "Code {code}: new message. To hear it: call the line, key 7. To write: {code} then your words.",
    ),
    "late": Text(
        "Code {code}: sans réponse de vous, nous appelons la personne suivante.",
        "Code {code}: without an answer from you, we are calling the next person.",
    ),
    "not_arrived": Text("Code {code}: notre réponse n'est pas arrivée.", "Code {code}: our reply did not arrive."),
    "blocked": Text(
        "Code {code}: nos textos sont bloqués vers cette personne.",
        "Code {code}: our texts to this person are blocked.",
    ),
    "doubt": Text(
        "Code {code}: on ne sait pas si notre réponse est arrivée.",
        "Code {code}: nobody knows whether our reply arrived.",
    ),
    "on_until": Text(
        "En service jusqu'à {quand}. Pour finir avant: FIN.", "On duty until {quand}. To end sooner: OFF DUTY."
    ),
    "on_always": Text("En service. Pour finir: FIN.", "On duty. To finish: OFF DUTY."),
    "off": Text("Service fini. Pour reprendre: EN SERVICE.", "Off duty. To come back: ON DUTY."),
    "off_alone": Text(
        "Service fini. Attention: plus personne n'est en service, le numéro de relève sonnera. "
        "Pour reprendre: EN SERVICE.",
        "Off duty. Careful: nobody is on duty now, the fallback number will ring. To come back: ON DUTY.",
    ),
    "off_ask": Text(
        "Après vous, il n'y a plus personne en service. Pour finir: 1 {numero}. Sans cela, rien ne change.",
        "After you, nobody is on duty. To end anyway: 1 {numero}. Without that, nothing changes.",
    ),
    "someone_off": Text(
        "Une personne a fini son service avant l'heure, par texto. Pour voir qui reste: QUI.",
        "Someone ended their duty early, by text. To see who is left: WHO.",
    ),
    "off_not": Text(
        "Vous n'êtes pas en service. Pour y entrer: EN SERVICE.", "You are not on duty. To start: ON DUTY."
    ),
    "who": Text("En service: {noms}.", "On duty: {noms}."),
    "nobody": Text(
        "Personne n'est en service: le numéro de relève sonne.", "Nobody is on duty: the fallback number rings."
    ),
    "paused": Text(
        "Pause jusqu'à {quand}: on vous appelle en dernier. Pour reprendre: EN SERVICE.",
        "Paused until {quand}: you are called last. To come back: ON DUTY.",
    ),
    "noted": Text("Merci, c'est noté.", "Thank you, noted."),
    "swap_offer": Text(
        "Échange {numero}: {nom} vous donne son quart, {donne}, et prend le vôtre, {prend}. "
        "Oui: 1 {numero}. Non: 2 {numero}.",
        "Swap {numero}: {nom} gives you the shift of {donne} and takes yours of {prend}. "
        "Yes: 1 {numero}. No: 2 {numero}.",
    ),
    "gift_offer": Text(
        "Échange {numero}: {nom} vous demande de prendre son quart, {donne}. Oui: 1 {numero}. Non: 2 {numero}.",
        "Swap {numero}: {nom} asks you to take the shift of {donne}. Yes: 1 {numero}. No: 2 {numero}.",
    ),
    "swap_waits": Text(
        "C'est proposé à {nom}. Rien ne change avant sa réponse.", "{nom} was asked. Nothing changes before the answer."
    ),
    "swap_who": Text(
        "Personne de ce nom, ou plusieurs. Écrivez: DONNE et le nom.",
        "Nobody of that name, or several. Write: GIVE and the name.",
    ),
    "swap_cannot": Text(
        "Pas d'échange possible: il faut un quart à venir de chaque côté.",
        "No swap is possible: each side needs a shift to come.",
    ),
    "swap_none": Text("Aucun échange sous ce numéro.", "No swap under this number."),
    "swap_done": Text("Échange {numero}: {nom} accepte. C'est fait.", "Swap {numero}: {nom} accepts. It is done."),
    "swap_declined": Text(
        "Échange {numero}: {nom} refuse. Rien ne change.", "Swap {numero}: {nom} declines. Nothing changes."
    ),
}
