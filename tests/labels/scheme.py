"""A small ontology for the tests of the Label Studio codec."""

from eventbank.ontology import Attribute, EventType, Example, Ontology, Rule, Term

NOTHING = Example("", "")


def event(name: str, roles: dict[str, tuple[str, ...]], *, retired: bool = False) -> EventType:
    return EventType(name, f"{name} & what it means.", roles, (), NOTHING, NOTHING, retired)


def terms(*names: str) -> tuple[Term, ...]:
    return tuple(Term(name, f'The "{name}" one.') for name in names)


ONTOLOGY = Ontology(
    name="test",
    version=1,
    entity_types=(*terms("PER", "GPE", "WEA"), Term("OLD", "Not used any more.", retired=True)),
    value_types=terms("TIME", "QTY"),
    levels=terms("NAM", "NOM", "PRO"),
    roles=(*terms("Actor", "Weapon", "Content", "Time"), Term("Former", "Not used any more.", retired=True)),
    event_types=(
        event("Weapon.Launch", {"Actor": ("GPE",), "Weapon": ("WEA",), "Time": ("TIME",)}),
        event("Weapon.Gone", {}, retired=True),
        event("Statement.Announce", {"Actor": ("GPE", "PER"), "Content": ("Event",)}),
    ),
    attributes=(
        Attribute("polarity", "Whether it happens.", terms("Positive", "Negative"), "Positive"),
        Attribute("tense", "When it happens.", terms("Past", "Present", "Future", "Unspecified"), "Past"),
    ),
    forbidden=(),
    realis_rules=(Rule({"polarity": ("Negative",)}, "Other"), Rule({}, "Actual")),
)
