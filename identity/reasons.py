"""Why the gate did not pass somebody, in words: what happened and what to do about it, Chinese first."""

from __future__ import annotations

_TEXTS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    # The picture
    "no-face": ("画面中没有人脸，请正对摄像头", "no face in the picture: look straight at the camera"),
    "many-faces": ("画面中有多人，请只留本人", "more than one person in the picture: be alone before the camera"),
    "too-dark": ("光线太暗，请增加照明", "too dark: get more light"),
    "too-bright": ("光线太强，请避开直射光", "too bright: avoid direct light"),
    "too-far": ("距离太远，请靠近一些", "too far away: come closer"),
    "too-near": ("距离太近，请后退一些", "too close: move back a little"),
    "blurred": ("画面模糊，请擦拭镜头并保持稳定", "blurred: clean the lens and hold still"),
    "turned": ("请正对摄像头", "look straight at the camera"),
    "look-straight": ("请正视镜头，睁开眼睛，闭上嘴", "look straight at the camera, eyes open, mouth closed"),
    "hold-still": ("请保持不动", "hold still"),
    "ready": ("很好，请保持不动", "good: hold still"),
    # Photos on file
    "not-a-picture": ("不是可读的图片", "not a picture that can be read"),
    "picture-too-large": ("图片过大", "the picture is too large"),
    "face-too-small": ("照片中人脸过小", "the face in the photo is too small"),
    "same-picture": ("同一张照片重复出现，只计一次", "the same picture again: it counts once"),
    "two-people": ("同一张照片出现在两人名下，均不计入", "the same picture for two people: it counts for neither"),
    # The challenge
    "passed": ("活体检测通过", "the live check is passed"),
    "not-ready": (
        "未能拍到清晰的正脸：请正对镜头、光线充足、只留本人，再试一次",
        "no clear view of your face: face the camera in good light, alone, and try again",
    ),
    "no-action": (
        "未在 3 秒内开始动作，请看到提示就做",
        "you did not begin within 3 s: act as soon as you are asked",
    ),
    "wrong-action": ("动作与提示不符，请按提示再试", "another action than asked: follow the prompts"),
    "too-early": ("请在提示出现后再做动作", "wait for the prompt before you act"),
    "too-small": ("动作幅度不够，请做得更明显一些", "the action was too small: do it more clearly"),
    "not-back": ("请在每个动作后回到正面，睁眼、闭嘴", "look straight again after each action"),
    "flat": (
        "未检测到立体的人脸：请本人面对镜头并转头，勿使用照片或屏幕",
        "no real head was seen: face the camera yourself and turn; photos and screens do not pass",
    ),
    "another-face": (
        "核验中途更换了人脸，请由本人完成",
        "the face changed during the check: one person must do it all",
    ),
    "face-lost": (
        "核验中途人脸离开画面，请保持在画面内，转头不要太大",
        "the face left the picture: stay in view and turn less far",
    ),
    "picture-stalled": ("画面中断，请检查网络后再试", "the picture stopped: check your network and try again"),
    "abandoned": ("核验未完成，已按一次未通过计", "the check was not finished and counts as a failure"),
    # The decision
    "no-match": ("与留存照片不一致，请调整光线后再试", "not like the reference photo: try again with better light"),
    "registry-mismatch": ("姓名与证件号码不一致，请核对", "name and number do not belong together: check the number"),
    "file-mismatch": ("证件号码与案卷登记不一致，请核对", "not the number in the case file: check the number"),
    "code-wrong": ("验证码不正确", "wrong code"),
    # Why a clerk decides
    "uncertain": ("系统无法确定，由书记员核对", "the system is not sure: the clerk compares"),
    "not-calibrated": (
        "本院尚未完成比对校准，由书记员核对",
        "this court's matching is not calibrated: the clerk compares",
    ),
    "face-engine-unavailable": (
        "人脸核验系统暂不可用，不计为您的失败；由书记员核验",
        "the face check is not available now, which does not count against you: the clerk checks",
    ),
    "face-engine-busy": (
        "人脸核验人数较多，不计为您的失败；由书记员核验",
        "too many people are being checked, which does not count against you: the clerk checks",
    ),
    "reference-unusable": (
        "留存照片无法比对，由书记员核验",
        "the photo on file cannot be compared: the clerk checks",
    ),
    "under-age": (
        "未满十四周岁，由书记员核对本人和监护人",
        "under fourteen: the clerk checks the person and the guardian",
    ),
    "no-reference": ("没有留存照片，由书记员核验", "no reference photo: the clerk checks"),
    "registry-unknown": ("实名登记暂时无法比对，由书记员核验", "the registry did not answer: the clerk checks"),
    "no-face-wanted": (
        "您选择了人工核验，书记员将尽快处理",
        "you chose a check by the clerk, who will be with you soon",
    ),
    "level-clerk": ("本次庭审由书记员核验身份", "in this session the clerk checks each person"),
    "locked-out": ("多次未通过，已转书记员处理", "several failures: the clerk has been told"),
    # A clerk's reasons
    "known-person": ("书记员认识本人", "known to the clerk"),
    "document-seen": ("书记员已当面核对证件", "the clerk has seen the document"),
    "phone-confirmed": ("已电话核实", "confirmed by telephone"),
    "guardian-present": ("监护人在场", "guardian present"),
    "colleague": ("同事确认", "vouched for by a colleague"),
    "other": ("其他原因", "another reason"),
    "not-the-person": ("非本人", "not this person"),
    "document-doubtful": ("证件存疑", "doubtful document"),
    "not-entitled": ("无权参加", "not entitled to take part"),
}

ADMIT_REASONS = ("known-person", "document-seen", "phone-confirmed", "guardian-present", "colleague", "other")
REFUSE_REASONS = ("not-the-person", "document-doubtful", "not-entitled", "other")


def words(code: str) -> tuple[str, str]:
    """Chinese and English of a reason code; a code without words is its own."""
    return _TEXTS.get(code, (code, code))
