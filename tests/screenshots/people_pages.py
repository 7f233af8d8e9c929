"""Series of the pages for people."""

from tests.screenshots.camera import Camera, Series


def front(camera: Camera) -> None:
    """The front page of a stranger and of a person who has signed in."""
    camera.open("/")
    camera.take("front")
    camera.sign_in()
    camera.open("/")
    camera.take("front-signed-in")


SERIES: dict[str, Series] = {"people-front": front}
