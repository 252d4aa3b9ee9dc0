//! What the theme says by itself, in some languages, and dates.

use domain::Timestamp;
use jiff::tz::TimeZone;

/// The theme's own words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) archive: &'static str,
    pub(crate) tags: &'static str,
    pub(crate) search: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) newer: &'static str,
    pub(crate) older: &'static str,
    pub(crate) more: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) all: &'static str,
    pub(crate) updated: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) menu: &'static str,
    pub(crate) home: &'static str,
    pub(crate) feed: &'static str,
    pub(crate) not_found: &'static str,
    pub(crate) not_found_text: &'static str,
    pub(crate) moved: &'static str,
    /// Months, as they stand within a date. Crates with all languages' dates (ICU) weigh more than the rest of the theme.
    months: [&'static str; 12],
    /// What stands between day and month, and between month and year.
    between: (&'static str, &'static str),
    /// What follows the first day of a month, instead of what stands between.
    first: Option<&'static str>,
}

const ENGLISH: Words = Words {
    archive: "Archive",
    tags: "Tags",
    search: "Search",
    nothing: "Nothing found",
    newer: "Newer",
    older: "Older",
    more: "More posts",
    newest: "Latest posts",
    all: "All posts",
    updated: "Updated",
    skip: "Skip to content",
    menu: "Main menu",
    home: "Home page",
    feed: "Feed",
    not_found: "Page not found",
    not_found_text: "There is no page at this address. It may have moved, or the link may have a mistake in it.",
    moved: "This page has moved:",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    between: (" ", " "),
    first: None,
};

const GERMAN: Words = Words {
    archive: "Archiv",
    tags: "Themen",
    search: "Suche",
    nothing: "Nichts gefunden",
    newer: "Neuer",
    older: "Älter",
    more: "Weitere Beiträge",
    newest: "Neueste Beiträge",
    all: "Alle Beiträge",
    updated: "Aktualisiert am",
    skip: "Zum Inhalt",
    menu: "Hauptmenü",
    home: "Startseite",
    feed: "Feed",
    not_found: "Seite nicht gefunden",
    not_found_text: "Unter dieser Adresse gibt es keine Seite. Vielleicht ist sie umgezogen, oder im Link ist ein Fehler.",
    moved: "Diese Seite ist umgezogen:",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    between: (". ", " "),
    first: None,
};

const FRENCH: Words = Words {
    archive: "Archives",
    tags: "Sujets",
    search: "Rechercher",
    nothing: "Aucun résultat",
    newer: "Plus récent",
    older: "Plus ancien",
    more: "Autres articles",
    newest: "Derniers articles",
    all: "Tous les articles",
    updated: "Mis à jour le",
    skip: "Aller au contenu",
    menu: "Menu principal",
    home: "Page d’accueil",
    feed: "Flux",
    not_found: "Page introuvable",
    not_found_text: "Il n’y a pas de page à cette adresse. Elle a peut-être été déplacée, ou le lien contient une erreur.",
    moved: "Cette page a été déplacée :",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    between: (" ", " "),
    first: Some("er "),
};

const SPANISH: Words = Words {
    archive: "Archivo",
    tags: "Etiquetas",
    search: "Buscar",
    nothing: "Sin resultados",
    newer: "Más reciente",
    older: "Más antiguo",
    more: "Más entradas",
    newest: "Últimas entradas",
    all: "Todas las entradas",
    updated: "Actualizado el",
    skip: "Ir al contenido",
    menu: "Menú principal",
    home: "Página de inicio",
    feed: "Canal",
    not_found: "Página no encontrada",
    not_found_text: "No hay ninguna página en esta dirección. Puede que se haya movido o que el enlace tenga un error.",
    moved: "Esta página se ha movido:",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    between: (" de ", " de "),
    first: None,
};

const ITALIAN: Words = Words {
    archive: "Archivio",
    tags: "Argomenti",
    search: "Cerca",
    nothing: "Nessun risultato",
    newer: "Più recente",
    older: "Meno recente",
    more: "Altri articoli",
    newest: "Ultimi articoli",
    all: "Tutti gli articoli",
    updated: "Aggiornato il",
    skip: "Vai al contenuto",
    menu: "Menu principale",
    home: "Pagina iniziale",
    feed: "Feed",
    not_found: "Pagina non trovata",
    not_found_text: "A questo indirizzo non c’è nessuna pagina. Potrebbe essere stata spostata, o il link contiene un errore.",
    moved: "Questa pagina è stata spostata:",
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    between: (" ", " "),
    first: Some("º "),
};

impl Words {
    /// Those of a language (BCP 47), by its first part; English for what is not known.
    pub(crate) fn of(language: &str) -> &'static Self {
        let primary = language.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "de" => &GERMAN,
            "fr" => &FRENCH,
            "es" => &SPANISH,
            "it" => &ITALIAN,
            _ => &ENGLISH,
        }
    }

    /// The day (UTC), such as `23 November 2026`.
    pub(crate) fn date(&self, time: Timestamp) -> String {
        let day = time.to_zoned(TimeZone::UTC).date();
        let month = usize::try_from(day.month() - 1).unwrap_or_default();
        let month = self.months.get(month).copied().unwrap_or_default();
        let after = match self.first {
            Some(first) if day.day() == 1 => first,
            _ => self.between.0,
        };
        format!(
            "{}{after}{month}{}{}",
            day.day(),
            self.between.1,
            day.year()
        )
    }

    /// By the names that templates know.
    pub(crate) fn named(&self) -> [(&'static str, &'static str); 17] {
        [
            ("archive", self.archive),
            ("tags", self.tags),
            ("search", self.search),
            ("nothing", self.nothing),
            ("newer", self.newer),
            ("older", self.older),
            ("more", self.more),
            ("newest", self.newest),
            ("all", self.all),
            ("updated", self.updated),
            ("skip", self.skip),
            ("menu", self.menu),
            ("home", self.home),
            ("feed", self.feed),
            ("not_found", self.not_found),
            ("not_found_text", self.not_found_text),
            ("moved", self.moved),
        ]
    }
}

/// The year (UTC).
pub(crate) fn year(time: Timestamp) -> i16 {
    time.to_zoned(TimeZone::UTC).year()
}

/// RFC 3339, in whole seconds.
pub(crate) fn iso(time: Timestamp) -> String {
    let seconds = Timestamp::from_second(time.as_second()).unwrap_or(time);
    seconds.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_said_as_the_language_says_them() {
        let some: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let first: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        for (language, expected, on_the_first) in [
            ("en", "23 November 2026", "1 March 2026"),
            ("de-CH", "23. November 2026", "1. März 2026"),
            ("FR", "23 novembre 2026", "1er mars 2026"),
            ("es", "23 de noviembre de 2026", "1 de marzo de 2026"),
            ("it", "23 novembre 2026", "1º marzo 2026"),
            ("tlh", "23 November 2026", "1 March 2026"),
        ] {
            assert_eq!(Words::of(language).date(some), expected);
            assert_eq!(Words::of(language).date(first), on_the_first);
        }
        assert_eq!(iso(some), "2026-11-23T10:00:00Z");
    }
}
