"""How the parts of a page are worded on the web at large: menus, captions, credits, biographies, advertisements, copyright lines.

The vocabularies are English first. `zones` reads them together with the place of a line on its page; none of them decides alone.
"""

from __future__ import annotations

import re

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY = rf"(?:{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:\.|er|st|nd|rd|th)? (?:de )?[^\W\d]{{3,10}}\.?),? (?:de )?(?:19|20)\d\d\b"
_SHOT = r"(?:photo|image|picture|credit|courtesy|illustration|source)s?"
_AGENCY = r"(?:afp|ap|reuters|yonhap|kcna|epa|xinhua|kyodo|newsis|tass|bloomberg|anadolu|pti|ani|dpa|ians|efe|getty(?: images)?)"

OPENINGS = (
    ("list", r"\b[^\n.!?]{0,24}(?:\.\.\.|…)?$", """
        related, news related, other (?:news|stories), more (?:from|in|on|news|stories|articles), must.read, don.t miss,
        up next, popular, similar, most (?:read|popular|viewed|recent|commented|shared|watched),
        latest (?:news|stories|from|in|video), recommend, you (?:may|might), also (?:read|on), read (?:also|more|next),
        see also, trending, top (?:stories|news), editor.?.? pick, around the web, from (?:around|the web), sponsored,
        promoted, what to read, next up, in (?:other news|case you missed), recent (?:posts|articles|news), explore more,
        keep reading, suggested, watch next, stories for you, just in, headlines"""),
    ("comments", r"\b[^\n.]{0,30}$", """
        comments?, leave a (?:reply|comment), post a comment, add (?:a )?comment, join the (?:discussion|conversation),
        view (?:all|comments), show comments, load comments, write a comment, reader comments, have your say,
        share your thoughts, top comments, reader.?s? comments"""),
    ("published", r"\b[^\n]{0,40}\d[^\n]{0,60}(?<!\.)$", """
        published, first published, date published, updated, last (?:updated|modified), posted, modified, date ?:"""),
    ("published", rf"[a-z]*,? {_DAY}[^\n.]{{0,40}}$", "mon, tue, wed, thu, fri, sat, sun"),
    ("published", r"[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b[^\n.]{0,40}$", """
        jan, feb, mar, apr, may, jun, jul, aug, sep, oct, nov, dec"""),
    ("byline", r" *:? *\S[^\n!?]{2,80}(?<!\.)$", """
        by , written by, reported by, story by, posted by, article by, words by, author:"""),
    ("advertisement", r"\b[^\n.]{0,30}$", "advert(?:isement|ising)?, ad:, ads by, story continues, article continues"),
    ("copyright", r"\b(?! (?:policy|notice|infring|law|holder))", "copyright, all rights reserved, all content"),
    ("caption", r"s?(?: (?:credit|source|courtesy|caption))?s?(?: ?[:/]| by | courtesy | via |$)", """
        photo(?:graph)?, file (?:photo|image), handout photo, stock photo, image, picture, graphic, illustration, screenshot,
        video, caption, credit"""),
    ("caption", "", r"""
        above: , getty images, file - , image (?:caption|copyright), image \d+ of \d+, in this (?:photo|image|file), an artist.s"""),
    ("credit", r" ?:", "sources?, via, story source"),
    ("credit", r" (?:and \w+ )?(?:by|from) ", """
        reporting, additional reporting, writing, editing, compiled, translated, edited, with (?:files|reporting)"""),
    ("credit", "", """
        the associated press contributed, associated press writer, this (?:story was|article was originally|story originally)"""),
    ("related", r"(?: (?:more|also|next|now|on|articles?|story|stories|news))* ?[:|»>]", """
        read, also read, and read, see, see also, watch, related, more, listen, explore, opinion, analysis, explainer"""),
    ("related", r"\b", "related (?:articles?|story|stories|video|links), read (?:more|also), also read"),
    ("imprint", r"\b[^\n:]{0,30} ?:", """
        address, tel, telephone, phone, fax, publisher, registration, online newspaper, date of registration, registered"""),
    ("navigation", r"\b[^\n]{0,30}$", """
        log ?in, register, follow, share, download, support us, donate, skip to, cookies?, listen to, join (?:us|our), email,
        e-mail, print, tweet, facebook, whatsapp, pinterest, linkedin, like us, send us, previous (?:post|article), next post,
        older posts, close, tags, topics, reply, quote, report (?:comment|abuse|this), permalink"""),
    ("navigation", r"\b", """
        sign up, subscribe, follow (?:us|him|her|them|me|the|@), share this, click here, we use cookies,
        this (?:web)?site uses, by (?:clicking|signing up|continuing to|subscribing|using this|submitting|registering),
        please (?:enable|sign|log|read our|enter|try),
        you (?:must be logged|can unsubscribe|can find us|have reached|have success), thanks? (?:you )?for (?:s|w),
        enter your, get (?:our|all|more|breaking|unlimited|access), support our, your (?:email|browser|account|subscription),
        already (?:a sub|have), have a tip, stay (?:up to|informed|connected|tuned), want more, need more, no spam,
        save my name, notify me, an error has, if you (?:enjoyed|buy|like), sometimes we, some links, tell us,
        the information provided, this copy is, the (?:opinions|views) expressed, opinions expressed, views expressed,
        check out our, visit our"""),
)  # fmt: skip
"""How a unit of a kind begins on the web at large: the kind, what must follow the opening, the openings (three letters of each stand for
themselves). `list` and `comments` are the headings over other articles and over readers' comments. The first that fits wins."""

ELSEWHERE = (
    ("list", r"\b[^\n.!?]{0,24}(?:\.\.\.|…)?$", """
        ähnliche, weitere (?:themen|artikel|meldungen|nachrichten), mehr (?:zum thema|zu|aus|artikel|nachrichten), lesen sie auch, neueste,
        das könnte (?:dich|sie|euch), dir könnte, auch interessant, interessante artikel, meistgelesen,
        à lire (?:aussi|également), à écouter aussi, à voir aussi, lire aussi, sur le même (?:sujet|thème), vous aimerez,
        articles? (?:similaires?|liés|récents), derniers articles, noticias relacionadas, artículos relacionados,
        entradas relacionadas, contenidos? relacionados?,
        te puede, también te, más (?:noticias|leíd[oa]s|sobre), lea también, notícias relacionadas, leia (?:também|mais),
        veja (?:também|mais), articoli correlati, leggi anche, potrebbe, ti potrebbe, читайте также, похожие, смотрите также,
        czytaj (?:też|także), zobacz (?:też|także), lees ook"""),
    ("comments", r"\b[^\n.]{0,30}$", """
        kommentar(?:e|ieren)?, schreiben? (?:sie )?einen kommentar, hinterlassen? (?:sie )?einen kommentar, dein kommentar,
        leserkommentare, neuen kommentar, commentaires?, laisser un commentaire, écrire un commentaire, ajouter un commentaire,
        comentarios?, deja un comentario, dejar un comentario, escribe un comentario, deixe um comentário, comentários?, commenti,
        lascia un commento, комментари[ий], оставить комментарий, reacties"""),
    ("published", r"\b[^\n]{0,40}\d[^\n]{0,60}(?<!\.)$", """
        veröffentlicht (?:am|von|in), erstellt am, aktualisiert, publié (?:le|par), mis à jour, modifié le, soumis par,
        publicad[oa], actualizad[oa], atualizad[oa], pubblicato, aggiornato, опубликован[оа]?"""),
    ("advertisement", r"\b[^\n.]{0,30}$", "anzeige, werbung, publicité, publicidad, publicidade, pubblicità, реклама"),
    ("copyright", r"\b", """
        alle rechte vorbehalten, tous droits réservés, todos los derechos, todos os direitos, tutti i diritti, все права"""),
    ("navigation", r"\b[^\n]{0,30}$", """
        antworten, zitieren, melden, teilen, twittern, drucken, merken, weitersagen, schlagwörter, zum inhalt, vorherige, nächste,
        zurück, startseite, répondre, partager, imprimer, envoyer, suivant, précédent, responder, compartir, imprimir, enviar,
        compartilhar, compartilhe, rispondi, condividi, stampa, ответить, поделиться, распечатать"""),
)  # fmt: skip
"""The same in German, French, Spanish, Portuguese, Italian, Russian, Polish and Dutch."""

TAIL = re.compile(
    rf"{_SHOT}(?: credit| by| of)? ?(?::|/|\.\.\.)[^.]{{2,60}}\.?$|/ ?(?:{_AGENCY}|shutterstock|pool)\.?$|getty images\.?$|©[^.]{{2,60}}$"
    rf"|(?:associated press|{_AGENCY}|file) photo\.?$"
)
PARENTHESIS = re.compile(rf"..\((?:(?:{_SHOT}|file)\b|[^()]*\bphoto\)|[^()]*/)|[^.!?”\"] ?\({_AGENCY}\)$")
"""How a caption ends: with the one who took the picture."""

COUNTED = re.compile(
    r"\d+ (?:comments?|responses?|repl(?:y|ies)|thoughts? on|kommentare?|antworten|gedanken|commentaires?|réactions?|réponses?|comentarios?"
    r"|comentários?|respuestas?|commenti|reacties|комментари\w+)\b[^.]{0,80}$"
)
"""How the heading over readers' comments begins if it counts them."""

CLOCK = re.compile(r"\b(?:19|20)\d\d\b[^.]{0,14}\b\d{1,2}:\d\d|(?:\b(?:at|um|à|alle)|@) ?\d{1,2}:\d\d\b")
"""The date and the time of day by which a line says when it was written."""

TEASER = (
    "read more »", "read more", "continue reading", "full story", "lire la suite",
    "[...]", "[…]", "»", "...", "…",
)  # fmt: skip
"""How the first lines of another article end on a page that only advertises it."""

DATE_LINE = re.compile(
    rf"(?:{_DAY}|\d{{4}}[-./]\d\d[-./]\d\d|\d{{1,2}}([-./])\d{{1,2}}\1\d{{2,4}}\b|\d+ (?:minute|hour|day|week|month|year)s? ago\b)"
    r"[^\n.]{0,40}$"
)
OFFER = re.compile(r"\d% (?:off|bonus)\b|\b(?:deposit|welcome|casino|sign-up) bonus\b|\bpromo code\b|\bfree spins\b")
RIGHTS = re.compile(r"(?:©|\(c\)) ?\(?(?:19|20)\d\d|^©|all rights reserved|^.{0,60}©", re.IGNORECASE)
INITIALS = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,4})*/[a-z]{2,4}(?:[-/][a-z]{2,4})*$")
"""What stands under a story of Agence France-Presse: reporter, editor and desk."""

DAYS = frozenset(
    shown
    for name in re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsun")
    for shown in (name, name.capitalize(), name.upper())
)
ITEM = re.compile(r"(?:[a-z]{3,9}\.? \d{1,2}\b|[a-z]{3,9},? ).{0,3}[-–—:@,|]")
NUMBERED = re.compile(r"\d{1,2}[.)] \S")
"""How the rows of an article's list begin: dates of a tour (after the first letters of a day or month), numbered entries."""

AFTERWORDS = frozenset(
    shown
    for start in re.findall("...", "folemae-mwriconreasublikjoilisabomorforediübesobà p")
    for shown in (start, start.capitalize(), start.upper())
)
AFTERWORD = re.compile(
    r"(?:follow|email|e-mail|write to|contact|reach|subscribe) (?:us|him|her|me|(?:[\w.’'-]+ ){1,4}(?:on|at))\b|like us|join our"
    r"|listen to .{0,40} live|about this (?:statement|article|story|author)|(?:for )?more (?:great )?\w+ (?:stories|news)|editor.s note"
    r"|(?:about|über|sobre|à propos)\b:? [^.?!:]{2,40}$"
)
"""How the words behind an article begin that are no part of it, the heading over its author or its publisher among them; the first letters
of all these are looked up before the pattern is tried."""

BIO = re.compile(
    r"(?:(?:[A-Z][\w.’'-]+ ){2,4}|(?:Mr|Ms|Mrs|Dr)\. \w+ |[Tt]he (?:author|writer) |About the |I )(?:\([^)]{1,40}\) )?(?:[Aa]uthor|am an?\b"
    r"|(?:is|was|are) (?:an?|the|currently|also|\w+[’']s?)\b|has (?:been|written|worked)|writes|covers|reports|joined|works|teaches)"
)
TRADE = re.compile(
    r"(?i)\b(?:reporter|writer|correspondent|editor|journalist|columnist|author|contributor|professor|fellow|blogger|covers|writes)"
)
DATELINE = re.compile(r"[A-Z]{3,}[A-Za-z .,'’-]{0,40}(?:\d{1,2})?,? ?(?:\([A-Z][\w ]{1,20}\))? ?(?:[—–]|--?)$")
LABELLED = re.compile(r"[\w .,&/’'-]{2,45} ?: ?\S")
COMPANY = re.compile(r"\b(?:Inc|Ltd|LLC|GmbH|Corp|Corporation|Company|PLC|Pty|Limited|Media Group)\b")
