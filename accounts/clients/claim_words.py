"""Words with which a name claims to be verified, in several languages, and the normal form for comparing words."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")

# Lower-case letters that look like Latin ones. Accents and font styles are removed before.
_LOOKALIKES = {
    # Cyrillic
    **dict(zip("авгдекмнопрстухѕіјѵһԁԛԝӏґғҽ", "abrdekmhonpctyxsijvhdqwirfe", strict=True)),
    # Greek
    **dict(zip("αβγεηικνορτυχωϲϳ", "abyenikvoptuxwcj", strict=True)),
    # Armenian
    **dict(zip("օսոցզհք", "ounghhp", strict=True)),
    # Latin: small capitals and letters with strokes, without dots or from phonetic alphabets
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijkimnoprstuvwyz", strict=True)),
    **dict(zip("ıɩɑɡʋøđħƒłŧ", "iiagvodhfit", strict=True)),
    # Cherokee: casefold() turns its lower case into these
    **dict(zip("ᎪᏴᏟᎠᎬᎢᎫᏦᏞᎷᏢᏒᏚᎢᏙᏔᏃᎥᏤ", "abcdeijkimprstvwzvv", strict=True)),
    # Digits, and the letter that a capital I looks like
    **dict(zip("0135l", "oiesi", strict=True)),
}
_FOLDING = str.maketrans(_LOOKALIKES)


def words(text: str) -> list[str]:
    """Return the words in `text` for comparing: in lower case, without accents, font styles or look-alike letters."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if unicodedata.category(each) != "Mn")
    return [word.translate(_FOLDING) for word in _WORD.findall(plain.casefold())]


def _folded(text: str) -> frozenset[str]:
    return frozenset(words(text))


CLAIMS = _folded(
    """
    verified verify verification official officially authentic authenticated genuine trusted trustworthy secure secured
    safe certified approved authorized authorised validated endorsed vetted legit legitimate
    geprüft geprüfte geprüfter verifiziert verifizierte offiziell offizielle offizieller zertifiziert
    vertrauenswürdig bestätigt sicher
    vérifié vérifiée officiel officielle certifié certifiée approuvé authentifié sécurisé
    verificado verificada oficial certificado certificada aprobado aprovado auténtico seguro
    verificato verificata ufficiale certificato certificata approvato sicuro
    geverifieerd officieel officiële goedgekeurd verifierad officiell godkänd verifisert offisiell verificeret officiel
    zweryfikowany zweryfikowana zweryfikowano oficjalny oficjalna ověřeno ověřený oficiální
    проверено проверен проверенный проверенная официально официальный официальная официальное подтверждено
    подтвержден подтверждённый верифицировано верифицирован доверенный
    перевірено перевірений офіційний офіційна офіційно підтверджено
    doğrulanmış doğrulandı resmi onaylı terverifikasi επαληθευμένο επίσημο επίσημη
    已验证 已驗證 已认证 已認證 验证 驗證 认证 認證 官方 官方认证 官方認證 官方版 正版 可信
    認証済み 認証済 検証済み 検証済 確認済み 確認済 公式 公認
    인증됨 인증 검증됨 공식 확인됨
    موثق موثوق رسمي معتمد מאומת רשמי
    """
)
FILLERS = _folded(
    """
    a an and the app application client partner publisher developer by 100 fully
    und et y e i и la le el die der das il von par por da от anwendung aplicación приложение
    应用 應用 客户端 客戶端 アプリ 앱
    """
)
CLAIMS_AND_FILLERS = CLAIMS | FILLERS
# Words between a claim and the name of the alleged verifier.
BY = _folded("by from von durch par por da door av от 由")
