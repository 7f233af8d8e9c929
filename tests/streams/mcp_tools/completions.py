"""Values that completion proposes."""


def topics(typed: str) -> list[str]:
    return [topic for topic in ("science", "sport", "weather") if topic.startswith(typed)]


def places(typed: str, topic: str = "") -> list[str]:
    return [f"{typed} in {topic}"]
