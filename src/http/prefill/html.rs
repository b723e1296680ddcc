//! Html: a page put together of our own words, which are constants, and of everything else, which is escaped. There is no third way to write into one.

/// A page, or a part of one.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Our own words, as they are.
    pub fn raw(&mut self, words: &'static str) -> &mut Self {
        self.0.push_str(words);
        self
    }

    /// Anything else, between tags or within the quotes of an attribute.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// `<TAG>text</TAG>`
    pub fn element(&mut self, tag: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(tag).raw(">").text(text).raw("</").raw(tag).raw(">")
    }

    /// A value that goes along with a form.
    pub fn hidden(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">")
    }

    /// A field with its label.
    pub fn input(&mut self, (name, label): (&'static str, &'static str), value: &str, hint: &'static str) -> &mut Self {
        self.raw("<p class=\"ask\"><label for=\"").raw(name).raw("\">").raw(label).raw("</label>");
        self.raw("<input id=\"").raw(name).raw("\" name=\"").raw(name).raw("\" value=\"").text(value);
        self.raw("\" autocomplete=\"off\"");
        if !hint.is_empty() {
            self.raw(" aria-describedby=\"").raw(name).raw("-hint\"");
        }
        self.raw(">");
        if !hint.is_empty() {
            self.raw("<span class=\"hint\" id=\"").raw(name).raw("-hint\">").raw(hint).raw("</span>");
        }
        self.raw("</p>")
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn what_is_not_ours_can_not_be_markup() {
        let mut html = Html::default();
        html.element("p", "<script>alert('x')</script> & \"more\"").hidden("key", "\"><b>");
        let text = String::from_utf8(html.into_bytes()).unwrap();
        let expect = "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;</p>\
            <input type=\"hidden\" name=\"key\" value=\"&quot;&gt;&lt;b&gt;\">";
        assert_eq!(text, expect);
    }
}
